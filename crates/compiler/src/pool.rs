//! Our own contracts and the timelock that owns them.

use anyhow::{Context, Result};
use foundry_compilers::{
    Graph, ProjectPathsConfig,
    artifacts::{Contract, Source, remappings::Remapping},
    compilers::solc::SolcLanguage,
    resolver::parse::SolParser,
};
use std::path::Path;

use crate::{
    artifact::{File, artifact},
    input::{self, Input},
    refusals,
    settings::Profile,
};

/// The contracts to write, with the files they are in.
const CONTRACTS: [(&str, &str); 3] = [
    ("StakingPool", "contracts/StakingPool.sol"),
    ("StakingLens", "contracts/StakingLens.sol"),
    ("TimelockController", "node_modules/@openzeppelin/contracts/governance/TimelockController.sol"),
];

/// Compiles each contract from its own input, all at once, and returns the files of `abi/`.
pub fn compile(root: &Path) -> Result<Vec<File>> {
    let profile = Profile::read(root)?;
    let solc = input::solc(root, &profile.solc)?;
    let paths = import_paths(root, &profile)?;
    let mut inputs = Vec::new();
    for (_, source) in CONTRACTS {
        inputs.push(Input::new(sources(root, &paths, source)?, profile.compiler_settings()));
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
    let own = CONTRACTS.iter().zip(&compiled).filter(|((_, source), _)| !source.starts_with("node_modules/"));
    files.push(("errors.json".into(), refusals::errors(own.map(|(_, contract)| contract))?));
    Ok(files)
}

/// The file and everything it imports, by path below the root.
fn sources(root: &Path, paths: &ProjectPathsConfig<SolcLanguage>, file: &str) -> Result<Vec<(String, String)>> {
    let first = Source::read_all([root.join(file)]).with_context(|| format!("reading {file}"))?;
    let graph = Graph::<SolParser>::resolve_sources(paths, first).with_context(|| format!("finding what {file} imports"))?;
    let (all, _) = graph.into_sources();
    let named = all.into_iter().map(|(path, source)| {
        let below = path.strip_prefix(root).with_context(|| format!("{} is not in the repository", path.display()))?;
        Ok((below.display().to_string(), source.content.to_string()))
    });
    named.collect()
}

fn import_paths(root: &Path, profile: &Profile) -> Result<ProjectPathsConfig<SolcLanguage>> {
    let remappings: Result<Vec<Remapping>> = profile.remappings.iter().map(|text| remapping(root, text)).collect();
    let paths = ProjectPathsConfig::builder().root(root).sources(root.join(&profile.src)).lib(root.join("node_modules"));
    Ok(paths.remappings(remappings?).build_with_root::<SolcLanguage>(root))
}

fn remapping(root: &Path, text: &str) -> Result<Remapping> {
    let mut remapping: Remapping = text.parse().with_context(|| format!("foundry.toml: `{text}` is not a remapping"))?;
    remapping.path = root.join(&remapping.path).display().to_string();
    Ok(remapping)
}
