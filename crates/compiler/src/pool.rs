//! Our own contracts and the timelock that owns them.

use anyhow::Result;
use foundry_compilers::artifacts::Contract;
use std::path::Path;

use crate::{
    artifact::{File, artifact},
    imports::Imports,
    input::{self, Input},
    refusals,
    settings::Profile,
};

/// Makes clones, and has no errors but those of the library that does so: nobody reads a sentence of them.
const FACTORY: &str = "NodeEarningsFactory";

/// The contracts to write, with the files they are in.
const CONTRACTS: [(&str, &str); 5] = [
    ("StakingPool", "contracts/StakingPool.sol"),
    ("StakingLens", "contracts/StakingLens.sol"),
    ("NodeEarnings", "contracts/NodeEarnings.sol"),
    (FACTORY, "contracts/NodeEarnings.sol"),
    ("TimelockController", "node_modules/@openzeppelin/contracts/governance/TimelockController.sol"),
];

/// Compiles each contract from its own input, all at once, and returns the files of `abi/`.
pub fn compile(root: &Path) -> Result<Vec<File>> {
    let profile = Profile::read(root)?;
    let solc = input::solc(root, &profile.solc)?;
    let imports = Imports::new(root, &profile.src, &profile.remappings)?;
    let mut inputs = Vec::new();
    for (_, source) in CONTRACTS {
        inputs.push(Input::new(imports.sources(source)?, profile.compiler_settings()));
    }
    let compiled = std::thread::scope(|scope| {
        let started = CONTRACTS.iter().zip(&inputs).map(|((name, source), input)| {
            let solc = &solc;
            scope.spawn(move || input.compile(solc, source, name))
        });
        let running: Vec<_> = started.collect();
        let ended = running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| anyhow::bail!("a compilation panicked")));
        ended.collect::<Result<Vec<Contract>>>()
    })?;
    let mut files = Vec::new();
    for (((name, _), input), contract) in CONTRACTS.iter().zip(&inputs).zip(&compiled) {
        files.push((format!("{name}.json"), artifact(name, contract, &solc)?));
        files.push((format!("inputs/{name}.json"), input.text()?));
    }
    let is_own = |name: &str, source: &str| !source.starts_with("node_modules/") && name != FACTORY;
    let own = CONTRACTS.iter().zip(&compiled).filter(|((name, source), _)| is_own(name, source));
    files.push(("errors.json".into(), refusals::errors(own.map(|(_, contract)| contract))?));
    Ok(files)
}
