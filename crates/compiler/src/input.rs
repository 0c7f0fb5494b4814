//! The standard JSON that a contract is compiled from. It is committed beside the code (`abi/inputs/`), because it is what
//! an explorer takes to check that a source is the code at an address.

use anyhow::{Context, Result, bail};
use foundry_compilers::{artifacts::Contract, compilers::solc::Solc};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::artifact::pretty;

/// One compilation: a contract's sources with everything they import, by path below the root, and the settings.
#[derive(Debug, Serialize)]
pub struct Input {
    language: &'static str,
    sources: BTreeMap<String, Source>,
    settings: Settings,
}

#[derive(Debug, Serialize)]
struct Source {
    content: String,
}

/// What changes the code that comes out. Compilers differ in which of these they know, so what is empty is left out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remappings: Vec<String>,
    pub optimizer: Optimizer,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evm_version: Option<String>,
    #[serde(rename = "viaIR", skip_serializing_if = "Option::is_none")]
    pub via_ir: Option<bool>,
    pub output_selection: BTreeMap<&'static str, BTreeMap<&'static str, Vec<&'static str>>>,
}

#[derive(Debug, Serialize)]
pub struct Optimizer {
    pub enabled: bool,
    pub runs: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    pub bytecode_hash: String,
}

/// Every contract's `outputs`.
pub fn outputs(outputs: &[&'static str]) -> BTreeMap<&'static str, BTreeMap<&'static str, Vec<&'static str>>> {
    BTreeMap::from([("*", BTreeMap::from([("*", outputs.to_vec())]))])
}

impl Input {
    pub fn new(sources: impl IntoIterator<Item = (String, String)>, settings: Settings) -> Self {
        let sources = sources.into_iter().map(|(path, content)| (path, Source { content })).collect();
        Self { language: "Solidity", sources, settings }
    }

    pub fn compile(&self, solc: &Solc, source: &str, name: &str) -> Result<Contract> {
        let mut output = solc.compile(self).with_context(|| format!("compiling {source}"))?;
        let mut found = output.contracts.remove(&PathBuf::from(source)).unwrap_or_default();
        match found.remove(name) {
            Some(contract) if !output.has_error() => Ok(contract),
            _ => bail!("{name} in {source} does not compile: {:?}", output.errors),
        }
    }

    /// As it is committed.
    pub fn text(&self) -> Result<String> {
        pretty(self)
    }
}

pub fn solc(root: &Path, path: &str) -> Result<Solc> {
    Solc::new(root.join(path)).with_context(|| format!("starting {path}: run `cargo xtask install`"))
}
