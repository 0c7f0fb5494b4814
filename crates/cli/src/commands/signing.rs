//! Which key signs: the one that a command is passed, or one of the settings.

use std::{path::PathBuf, sync::Arc};

use anyhow::Result;
use clap::Args;
use linkpool_tx_manager::Signer;

use crate::{
    config::{Config, key_place::KeyPlace, keys::Key},
    failure::Failure,
};

/// Who signs where no key is passed.
#[derive(Debug, Clone, Copy)]
pub enum By {
    Key(Key),
    /// The registrar's, whose account may be a guardian.
    Registrar,
}

/// The key of a command that sends. Never the key itself: the process list shows arguments to everybody.
#[derive(Debug, Default, Args)]
pub struct SignerArguments {
    /// V3 keystore of the account that signs, mode 0600 [default: the settings' key that the command names, or the registrar's]
    #[arg(long, value_name = "FILE", requires = "password_file")]
    keystore: Option<PathBuf>,
    /// File with the keystore's password, mode 0600
    #[arg(long, value_name = "FILE", requires = "keystore")]
    password_file: Option<PathBuf>,
    /// The ARN of a key in AWS KMS, instead of a keystore
    #[arg(long, value_name = "ARN", conflicts_with_all = ["keystore", "password_file"])]
    aws_kms: Option<String>,
}

impl SignerArguments {
    /// The signer, or a sentence about what to pass.
    pub async fn signer(&self, config: &Config, by: By) -> Result<Arc<dyn Signer>> {
        if let Some(place) = self.place()? {
            return place.open(&config.aws).await;
        }
        match by {
            By::Key(key) => config.keys.signer(key, &config.aws).await,
            By::Registrar => match config.registrar.place()? {
                Some(place) => place.open(&config.aws).await,
                None => Err(Failure::bad_input(
                    "no key is given: pass --keystore FILE and --password-file FILE, or set registrar.keystore and registrar.password_file; of a key in AWS KMS, \
                     --aws-kms ARN or registrar.aws_kms",
                )),
            },
        }
    }

    /// Whether any key is given.
    pub fn is_given(&self, config: &Config) -> bool {
        matches!(self.place(), Ok(Some(_))) || matches!(config.registrar.place(), Ok(Some(_)))
    }

    fn place(&self) -> Result<Option<KeyPlace<'_>>> {
        KeyPlace::of("the flags", self.keystore.as_deref(), self.password_file.as_deref(), self.aws_kms.as_deref())
    }
}
