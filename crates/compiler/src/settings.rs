//! The settings of foundry.toml that change what the compiler writes.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::{fs, path::Path};

use crate::input::{Metadata, Optimizer, Settings, outputs};

const OUTPUTS: [&str; 5] =
    ["abi", "userdoc", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"];

#[derive(Debug, Deserialize)]
struct Foundry {
    profile: Profiles,
}

#[derive(Debug, Deserialize)]
struct Profiles {
    default: Profile,
}

/// The default profile. A missing key is an error: silence would mean forge's defaults, which may change.
#[derive(Debug, Deserialize)]
pub struct Profile {
    pub solc: String,
    pub src: String,
    pub remappings: Vec<String>,
    evm_version: String,
    optimizer: bool,
    optimizer_runs: usize,
    via_ir: bool,
    bytecode_hash: String,
}

impl Profile {
    pub fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join("foundry.toml")).context("reading foundry.toml")?;
        let foundry: Foundry = toml::from_str(&text).context("reading foundry.toml")?;
        Ok(foundry.profile.default)
    }

    /// What the compiler does not understand, it refuses.
    pub fn compiler_settings(&self) -> Settings {
        Settings {
            remappings: self.remappings.clone(),
            optimizer: Optimizer { enabled: self.optimizer, runs: self.optimizer_runs },
            metadata: Some(Metadata { bytecode_hash: self.bytecode_hash.clone() }),
            evm_version: Some(self.evm_version.clone()),
            via_ir: Some(self.via_ir),
            output_selection: outputs(&OUTPUTS),
        }
    }
}
