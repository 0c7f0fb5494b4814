//! `[keys.…]`: who signs operators' calls. Each key is a V3 keystore and a file with its password, both mode 0600.

use std::path::{Path, PathBuf};

use anyhow::Result;
use linkpool_tx_manager::LocalSigner;
use serde::Deserialize;

use super::file_path::FilePath;
use crate::failure::Failure;

/// One account for each part that a person or a role plays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeysConfig {
    deployer: Option<KeyFiles>,
    /// Pays the gas of passing earnings on.
    earnings: Option<KeyFiles>,
    guardian: Option<KeyFiles>,
    reporter: Option<KeyFiles>,
    slasher: Option<KeyFiles>,
    /// Holds the LINK that is paid as rewards.
    treasury: Option<KeyFiles>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFiles {
    keystore: FilePath,
    password_file: FilePath,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Deployer,
    Earnings,
    Guardian,
    Reporter,
    Slasher,
    Treasury,
}

impl Key {
    const ALL: [Self; 6] = [Self::Deployer, Self::Earnings, Self::Guardian, Self::Reporter, Self::Slasher, Self::Treasury];

    pub fn name(self) -> &'static str {
        match self {
            Self::Deployer => "deployer",
            Self::Earnings => "earnings",
            Self::Guardian => "guardian",
            Self::Reporter => "reporter",
            Self::Slasher => "slasher",
            Self::Treasury => "treasury",
        }
    }
}

impl KeysConfig {
    /// Opens a key. Takes a second: a keystore's key derivation is slow on purpose.
    pub fn signer(&self, key: Key) -> Result<LocalSigner> {
        let name = key.name();
        let missing = || {
            Failure::bad_input(format!(
                "no key is given: set keys.{name}.keystore and keys.{name}.password_file, or pass --keystore FILE and --password-file FILE"
            ))
        };
        let files = self.files(key).ok_or_else(missing)?;
        Ok(LocalSigner::from_keystore(&files.keystore, &files.password_file)?)
    }

    /// The files of every key that is set, with the setting that names each.
    pub fn secret_files(&self) -> impl Iterator<Item = (String, PathBuf)> + '_ {
        Key::ALL.into_iter().filter_map(|key| Some((key.name(), self.files(key)?))).flat_map(|(name, files)| {
            [
                (format!("keys.{name}.keystore"), files.keystore.to_path_buf()),
                (format!("keys.{name}.password_file"), files.password_file.to_path_buf()),
            ]
        })
    }

    /// Every key that is set: its name and its files.
    pub fn keystores(&self) -> impl Iterator<Item = (String, &Path, &Path)> {
        Key::ALL.into_iter().filter_map(|key| {
            let files = self.files(key)?;
            Some((key.name().to_owned(), &*files.keystore, &*files.password_file))
        })
    }

    fn files(&self, key: Key) -> Option<&KeyFiles> {
        match key {
            Key::Deployer => &self.deployer,
            Key::Earnings => &self.earnings,
            Key::Guardian => &self.guardian,
            Key::Reporter => &self.reporter,
            Key::Slasher => &self.slasher,
            Key::Treasury => &self.treasury,
        }
        .as_ref()
    }
}
