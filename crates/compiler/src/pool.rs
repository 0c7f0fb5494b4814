//! Our own contracts and the timelock that owns them.

use anyhow::{Context, Result, bail};
use foundry_compilers::{
    ConfigurableArtifacts, Project, ProjectBuilder, ProjectPathsConfig,
    artifacts::{ConfigurableContractArtifact, output_selection::ContractOutputSelection, remappings::Remapping},
    compilers::solc::{Solc, SolcCompiler, SolcLanguage, SolcSettings},
};
use std::path::Path;

use crate::{
    artifact::{Artifact, pretty},
    refusals,
    settings::Profile,
};

/// The contracts to write, with the files they are in.
const CONTRACTS: [(&str, &str, &str); 3] = [
    ("StakingPool", "StakingPool.json", "contracts/StakingPool.sol"),
    ("StakingLens", "StakingLens.json", "contracts/StakingLens.sol"),
    ("TimelockController", "TimelockController.json", "node_modules/@openzeppelin/contracts/governance/TimelockController.sol"),
];

/// Compiles everything in one go and returns the files of `abi/` with their names.
pub fn compile(root: &Path) -> Result<Vec<(&'static str, String)>> {
    let project = project(root)?;
    let output = project.compile_files(CONTRACTS.map(|(_, _, source)| root.join(source))).context("compiling the contracts")?;
    if output.has_compiler_errors() {
        bail!("the contracts do not compile:\n{output}");
    }
    let (mut files, mut own) = (Vec::new(), Vec::new());
    for (name, file, source) in CONTRACTS {
        let contract = output.find(&root.join(source), name).or_else(|| output.find_first(name));
        let contract = contract.with_context(|| format!("{source} holds no contract {name}"))?;
        files.push((file, write(name, contract)?));
        if !source.starts_with("node_modules/") {
            own.push(contract);
        }
    }
    files.push(("errors.json", refusals::errors(own)?));
    Ok(files)
}

fn write(name: &str, contract: &ConfigurableContractArtifact) -> Result<String> {
    let abi = contract.abi.as_ref().context("no interface")?;
    let creation = contract.bytecode.as_ref().and_then(|code| code.object.as_bytes());
    let runtime =
        contract.deployed_bytecode.as_ref().and_then(|code| code.bytecode.as_ref()).and_then(|code| code.object.as_bytes());
    let (Some(creation), Some(runtime)) = (creation, runtime) else { bail!("{name} has no code, or code that is not linked") };
    pretty(&Artifact::new(name, abi, creation, runtime))
}

fn project(root: &Path) -> Result<Project<SolcCompiler, ConfigurableArtifacts>> {
    let profile = Profile::read(root)?;
    let solc =
        Solc::new(root.join(&profile.solc)).with_context(|| format!("starting {}: run `cargo xtask install`", profile.solc))?;
    let remappings: Result<Vec<Remapping>> = profile.remappings.iter().map(|text| remapping(root, text)).collect();
    let paths = ProjectPathsConfig::builder()
        .root(root)
        .sources(root.join(&profile.src))
        .lib(root.join("node_modules"))
        .remappings(remappings?)
        .build_with_root::<SolcLanguage>(root);
    let outputs = [ContractOutputSelection::UserDoc];
    let settings = SolcSettings { settings: profile.compiler_settings()?.with_extra_output(outputs), ..Default::default() };
    ProjectBuilder::<SolcCompiler, ConfigurableArtifacts>::new(ConfigurableArtifacts::new(outputs, []))
        .paths(paths)
        .settings(settings)
        .set_offline(true)
        .ephemeral()
        .build(SolcCompiler::Specific(solc))
        .context("setting up the compiler")
}

fn remapping(root: &Path, text: &str) -> Result<Remapping> {
    let mut remapping: Remapping = text.parse().with_context(|| format!("foundry.toml: `{text}` is not a remapping"))?;
    remapping.path = root.join(&remapping.path).display().to_string();
    Ok(remapping)
}
