//! `[keys.…]`: who signs operators' calls. Each key is a V3 keystore and a file with its password, both mode 0600, or lies in AWS KMS.

use std::{path::PathBuf, sync::Arc};

use anyhow::Result;
use linkpool_tx_manager::Signer;
use serde::Deserialize;

use super::{aws::AwsConfig, file_path::FilePath, key_place::KeyPlace};
use crate::failure::Failure;

/// One account for each part that a person or a role plays.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeysConfig {
    deployer: KeySettings,
    /// Pays the gas of passing earnings on.
    earnings: KeySettings,
    guardian: KeySettings,
    reporter: KeySettings,
    slasher: KeySettings,
    /// Holds the LINK that is paid as rewards.
    treasury: KeySettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct KeySettings {
    keystore: Option<FilePath>,
    password_file: Option<FilePath>,
    /// The ARN of a key, instead of both.
    aws_kms: Option<String>,
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
    /// Opens a key.
    pub async fn signer(&self, key: Key, aws: &AwsConfig) -> Result<Arc<dyn Signer>> {
        let name = key.name();
        let missing = || {
            Failure::bad_input(format!(
                "no key is given: set keys.{name}.keystore and keys.{name}.password_file, or pass --keystore FILE and --password-file FILE; of a key in AWS KMS, \
                 keys.{name}.aws_kms or --aws-kms ARN"
            ))
        };
        self.place(key)?.ok_or_else(missing)?.open(aws).await
    }

    /// The files of every key that is set, with the setting that names each.
    pub fn secret_files(&self) -> impl Iterator<Item = (String, PathBuf)> + '_ {
        Key::ALL.into_iter().flat_map(|key| {
            let (name, KeySettings { keystore, password_file, .. }) = (key.name(), self.settings(key));
            [("keystore", keystore), ("password_file", password_file)]
                .into_iter()
                .filter_map(move |(setting, path)| Some((format!("keys.{name}.{setting}"), path.as_ref()?.to_path_buf())))
        })
    }

    /// Every key that is set.
    pub fn places(&self) -> Result<Vec<(&'static str, KeyPlace<'_>)>> {
        let places = Key::ALL.into_iter().map(|key| Ok(self.place(key)?.map(|place| (key.name(), place))));
        places.filter_map(Result::transpose).collect()
    }

    fn place(&self, key: Key) -> Result<Option<KeyPlace<'_>>> {
        let KeySettings { keystore, password_file, aws_kms } = self.settings(key);
        KeyPlace::of(&format!("keys.{}", key.name()), keystore.as_deref(), password_file.as_deref(), aws_kms.as_deref())
    }

    fn settings(&self, key: Key) -> &KeySettings {
        match key {
            Key::Deployer => &self.deployer,
            Key::Earnings => &self.earnings,
            Key::Guardian => &self.guardian,
            Key::Reporter => &self.reporter,
            Key::Slasher => &self.slasher,
            Key::Treasury => &self.treasury,
        }
    }
}
