//! The settings of foundry.toml that change what the compiler writes.

use anyhow::{Context, Result};
use foundry_compilers::artifacts::{BytecodeHash, EvmVersion, Settings, SettingsMetadata};
use serde::Deserialize;
use std::{fs, path::Path};

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

    pub fn compiler_settings(&self) -> Result<Settings> {
        let mut settings = Settings::default();
        let hash: Result<BytecodeHash, _> = self.bytecode_hash.parse();
        let hash = hash.ok().with_context(|| format!("foundry.toml: `{}` is not a bytecode_hash", self.bytecode_hash))?;
        let evm: Result<EvmVersion, _> = self.evm_version.parse();
        settings.evm_version =
            Some(evm.ok().with_context(|| format!("foundry.toml: `{}` is not an evm_version", self.evm_version))?);
        settings.optimizer.enabled = Some(self.optimizer);
        settings.optimizer.runs = Some(self.optimizer_runs);
        settings.via_ir = Some(self.via_ir);
        settings.metadata = Some(SettingsMetadata { use_literal_content: None, bytecode_hash: Some(hash), cbor_metadata: None });
        Ok(settings)
    }
}
