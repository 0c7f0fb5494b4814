//! The LINK token as it is on Ethereum: version 0.4, compiled by the solc of its day.
//!
//! Source and settings are those of the npm package `@chainlink/token` 1.1.0: solc 0.4.16, optimizer on, 200 runs. The
//! names of the sources enter the metadata hash at the end of the code, so they are relative to `contracts/v0.4`.

use anyhow::{Context, Result, bail};
use foundry_compilers::compilers::solc::Solc;
use serde_json::{Map, Value, json};
use std::{fs, path::Path};

use crate::artifact::{Artifact, pretty};

const SOURCES: &str = "node_modules/@chainlink/token/contracts/v0.4";
const COMPILER: &str = "tools/solc-0.4.16.js";
const FOLDERS: [&str; 3] = ["", "math/", "token/"];

pub fn compile(root: &Path) -> Result<String> {
    let solc = Solc::new(root.join(COMPILER)).with_context(|| format!("starting {COMPILER}: run `cargo xtask install`"))?;
    let input = json!({
        "language": "Solidity",
        "sources": sources(&root.join(SOURCES))?,
        "settings": {
            "optimizer": { "enabled": true, "runs": 200 },
            "outputSelection": { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
        },
    });
    let output = solc.compile(&input).context("compiling the LINK token")?;
    let contract = output.contracts.get(Path::new("LinkToken.sol")).and_then(|contracts| contracts.get("LinkToken"));
    let evm = contract.and_then(|contract| contract.evm.as_ref());
    let creation = evm.and_then(|evm| evm.bytecode.as_ref()?.object.as_bytes());
    let runtime = evm.and_then(|evm| evm.deployed_bytecode.as_ref()?.bytecode.as_ref()?.object.as_bytes());
    let (Some(abi), Some(creation), Some(runtime)) = (contract.and_then(|contract| contract.abi.as_ref()), creation, runtime)
    else {
        bail!("the LINK token does not compile: {:?}", output.errors);
    };
    pretty(&Artifact::new("LinkToken", abi, creation, runtime))
}

fn sources(folder: &Path) -> Result<Map<String, Value>> {
    let mut sources = Map::new();
    for part in FOLDERS {
        let entries =
            fs::read_dir(folder.join(part)).with_context(|| format!("reading {SOURCES}/{part}: run `cargo xtask install`"))?;
        for name in
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| name.ends_with(".sol"))
        {
            let content = fs::read_to_string(folder.join(part).join(&name)).with_context(|| format!("reading {name}"))?;
            sources.insert(format!("{part}{name}"), json!({ "content": content }));
        }
    }
    Ok(sources)
}
