//! Which key signs: the one that a command is passed, or one of the settings.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use linkpool_tx_manager::LocalSigner;

use crate::{
    config::{Config, keys::Key},
    failure::Failure,
};

/// Who signs where no keystore is passed.
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
}

impl SignerArguments {
    /// The signer, or a sentence about what to pass.
    pub fn signer(&self, config: &Config, by: By) -> Result<LocalSigner> {
        match (&self.keystore, &self.password_file, by) {
            (Some(keystore), Some(password), _) => Ok(LocalSigner::from_keystore(keystore, password)?),
            (.., By::Key(key)) => config.keys.signer(key),
            (.., By::Registrar) => match (&config.registrar.keystore, &config.registrar.password_file) {
                (Some(keystore), Some(password)) => Ok(LocalSigner::from_keystore(keystore, password)?),
                _ => Err(Failure::bad_input(
                    "no key is given: pass --keystore FILE and --password-file FILE, or set registrar.keystore and registrar.password_file",
                )),
            },
        }
    }

    /// Whether any key is given.
    pub fn is_given(&self, config: &Config) -> bool {
        self.keystore.is_some() || (config.registrar.keystore.is_some() && config.registrar.password_file.is_some())
    }
}
