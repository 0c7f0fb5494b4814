//! Which key signs: the one that a command names, or the registrar's.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use linkpool_registrar::LocalSigner;

use crate::{config::Config, failure::Failure};

/// The key of a command that sends. Never the key itself: the process list shows arguments to everybody.
#[derive(Debug, Default, Args)]
pub struct SignerArguments {
    /// V3 keystore of the account that sends, mode 0600 [default: the registrar's]
    #[arg(long, value_name = "FILE", requires = "password_file")]
    keystore: Option<PathBuf>,
    /// File with the keystore's password, mode 0600
    #[arg(long, value_name = "FILE", requires = "keystore")]
    password_file: Option<PathBuf>,
}

impl SignerArguments {
    /// The signer, or a sentence about what to pass.
    pub fn signer(&self, config: &Config) -> Result<LocalSigner> {
        let registrar = &config.registrar;
        let (keystore, password) = match (&self.keystore, &self.password_file) {
            (Some(keystore), Some(password)) => (keystore.as_path(), password.as_path()),
            _ => match (&registrar.keystore, &registrar.password_file) {
                (Some(keystore), Some(password)) => (keystore.as_ref(), password.as_ref()),
                _ => {
                    return Err(Failure::bad_input(
                        "no key is given: pass --keystore FILE and --password-file FILE, or set registrar.keystore and registrar.password_file",
                    ));
                }
            },
        };
        Ok(LocalSigner::from_keystore(keystore, password)?)
    }

    /// Whether any key is given.
    pub fn is_given(&self, config: &Config) -> bool {
        self.keystore.is_some() || (config.registrar.keystore.is_some() && config.registrar.password_file.is_some())
    }
}
