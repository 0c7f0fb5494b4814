//! Chainlink's Operator contract, and who asks it on a development chain.
//!
//! The Operator's sources and settings are those of the npm package `@chainlink/contracts` 1.5.0 (its profile
//! `operatorforwarder`): solc 0.8.19 for its day's default EVM, optimizer on, 1,000,000 runs, no metadata hash. So its code is
//! that of the Operators on the main networks. All its files are under the MIT licence, whatever the package as a whole says.

use anyhow::Result;
use std::path::Path;

use crate::{
    artifact::{File, artifact},
    imports::Imports,
    input::{self, Input, Metadata, Optimizer, Settings},
};

const COMPILER: &str = "tools/solc-0.8.19.js";
const REMAPPINGS: [&str; 2] =
    ["@chainlink/=node_modules/@chainlink/", "@openzeppelin/contracts@4.8.3/=node_modules/@openzeppelin/contracts-4.8.3/"];
const CONTRACTS: [(&str, &str); 2] = [
    ("Operator", "node_modules/@chainlink/contracts/src/v0.8/operatorforwarder/Operator.sol"),
    ("NumberConsumer", "tests/consumer/NumberConsumer.sol"),
];
const OUTPUTS: [&str; 4] =
    ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"];

/// The files of `abi/`.
pub fn compile(root: &Path) -> Result<Vec<File>> {
    let remappings = REMAPPINGS.map(str::to_owned).to_vec();
    let imports = Imports::new(root, "tests/consumer", &remappings)?;
    let solc = input::solc(root, COMPILER)?;
    let mut files = Vec::new();
    for (name, source) in CONTRACTS {
        let settings = Settings {
            remappings: remappings.clone(),
            optimizer: Optimizer { enabled: true, runs: 1_000_000 },
            metadata: Some(Metadata { bytecode_hash: "none".into() }),
            evm_version: None,
            via_ir: None,
            output_selection: input::outputs(&OUTPUTS),
        };
        let input = Input::new(imports.sources(source)?, settings);
        let contract = input.compile(&solc, source, name)?;
        files.push((format!("{name}.json"), artifact(name, &contract, &solc)?));
        files.push((format!("inputs/{name}.json"), input.text()?));
    }
    Ok(files)
}
