//! The LINK token as it is on Ethereum: version 0.4, compiled by the solc of its day.
//!
//! Source and settings are those of the npm package `@chainlink/token` 1.1.0: solc 0.4.16, optimizer on, 200 runs. The
//! names of the sources enter the metadata hash at the end of the code, so they are relative to `contracts/v0.4`.

use anyhow::{Context, Result};
use std::{fs, path::Path};

use crate::{
    artifact::{File, artifact},
    input::{self, Input, Optimizer, Settings},
};

const SOURCES: &str = "node_modules/@chainlink/token/contracts/v0.4";
const COMPILER: &str = "tools/solc-0.4.16.js";
const FOLDERS: [&str; 3] = ["", "math/", "token/"];

pub fn compile(root: &Path) -> Result<[File; 2]> {
    let settings = Settings {
        remappings: Vec::new(),
        optimizer: Optimizer { enabled: true, runs: 200 },
        metadata: None,
        evm_version: None,
        via_ir: None,
        output_selection: input::outputs(&["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]),
    };
    let input = Input::new(sources(&root.join(SOURCES))?, settings);
    let solc = input::solc(root, COMPILER)?;
    let contract = input.compile(&solc, "LinkToken.sol", "LinkToken")?;
    Ok([("LinkToken.json".into(), artifact("LinkToken", &contract, &solc)?), ("inputs/LinkToken.json".into(), input.text()?)])
}

fn sources(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut sources = Vec::new();
    for part in FOLDERS {
        let entries =
            fs::read_dir(folder.join(part)).with_context(|| format!("reading {SOURCES}/{part}: run `cargo xtask install`"))?;
        for name in
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.ends_with(".sol"))
        {
            let content = fs::read_to_string(folder.join(part).join(&name)).with_context(|| format!("reading {name}"))?;
            sources.push((format!("{part}{name}"), content));
        }
    }
    Ok(sources)
}
