//! Keystores are made here: the key is new, or somebody brings it.

use std::{
    io::{IsTerminal, Read},
    path::{Path, PathBuf},
};

use alloy::signers::local::PrivateKeySigner;
use anyhow::Result;
use clap::Args;
use linkpool_primitives::checksum;
use linkpool_tx_manager::keystore::{self, Effort};
use serde_json::json;

use super::password;
use crate::{failure::Failure, flags::Json, output::answer};

/// Longest input that can be a key in hexadecimal, with room for spaces around it.
const MAX_KEY_BYTES: u64 = 256;

#[derive(Debug, Args)]
pub struct Make {
    /// The keystore's file, which must not exist yet; it gets mode 0600
    #[arg(value_name = "FILE")]
    keystore: PathBuf,
    /// File with the password, mode 0600 [default: asked for at the terminal]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Make guessing the password cheap: for tests, and for passwords of 128 random bits or more
    #[arg(long)]
    light_kdf: bool,
    #[command(flatten)]
    json: Json,
}

pub fn new(options: &Make) -> Result<()> {
    refuse_existing(&options.keystore)?;
    write(options, &keystore::generate(), "made")
}

pub fn import(options: &Make, from: Option<&Path>) -> Result<()> {
    refuse_existing(&options.keystore)?;
    let text = match from {
        Some(path) => password::secret("--from", path)?,
        None if std::io::stdin().is_terminal() => password::ask("private key in hexadecimal (not shown): ")?,
        None => {
            let mut text = String::new();
            let read = std::io::stdin().lock().take(MAX_KEY_BYTES).read_to_string(&mut text);
            read.map_err(|error| Failure::bad_input(format!("cannot read the private key from stdin: {error}")))?;
            text
        }
    };
    write(options, &keystore::parse_key(&text).map_err(Failure::bad_input)?, "imported")
}

/// Before anybody types a password.
fn refuse_existing(path: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(Failure::refused(format!("{} exists, and a key is never written over: choose another name", path.display())));
    }
    Ok(())
}

fn write(options: &Make, key: &PrivateKeySigner, done: &str) -> Result<()> {
    let password = password::new(options.password_file.as_deref())?;
    let effort = if options.light_kdf { Effort::Light } else { Effort::Standard };
    let text = keystore::seal(key, password.as_bytes(), effort);
    let (path, address) = (&options.keystore, checksum(&key.address()));
    linkpool_secrets::create(path, &text)
        .map_err(|error| Failure::bad_input(format!("cannot write the keystore {}: {error}", path.display())))?;
    if options.json.json {
        answer!("{}", json!({ "address": address, "keystore": path }));
    } else {
        answer!("{done} the key of {address} in {}", path.display());
        answer!("Keep a copy of it and of its password where a fire here does not reach: nobody can restore either.");
    }
    Ok(())
}
