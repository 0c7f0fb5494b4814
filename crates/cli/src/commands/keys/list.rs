//! The keys that the settings name: whose they are, where they lie, and whether they open.

use std::{os::unix::fs::MetadataExt, path::Path};

use anyhow::Result;
use linkpool_primitives::checksum;
use linkpool_tx_manager::{LocalSigner, Signer, keystore};
use serde_json::{Value, json};

use crate::{config::Config, failure::Failure, output::answer};

/// One key of the settings.
struct Shown<'a> {
    name: String,
    keystore: &'a Path,
    password_file: &'a Path,
    /// Of the opened key; else what the file claims.
    address: Option<String>,
    fault: Option<String>,
}

pub fn run(config: &Config, as_json: bool) -> Result<()> {
    let keys: Vec<Shown<'_>> = config.keystores().map(look).collect();
    let closed = keys.iter().filter(|key| key.fault.is_some()).count();
    if as_json {
        answer!("{}", json!({ "keys": keys.iter().map(Shown::to_json).collect::<Vec<_>>(), "failed": closed }));
    } else {
        keys.iter().for_each(Shown::print);
    }
    match (keys.len(), closed) {
        (0, _) => Err(Failure::bad_input(
            "no key is configured: set registrar.keystore or one of [keys.…]; `linkpool keys new` makes one",
        )),
        (_, 0) => Ok(()),
        (_, closed) => Err(Failure::refused(format!("{closed} keys do not open"))),
    }
}

fn look<'a>((name, keystore, password_file): (String, &'a Path, &'a Path)) -> Shown<'a> {
    let (address, fault) = match LocalSigner::from_keystore(keystore, password_file) {
        Ok(signer) => (Some(signer.address()), None),
        Err(error) => (claimed(keystore), Some(error.to_string())),
    };
    Shown { name, keystore, password_file, address: address.as_ref().map(checksum), fault }
}

fn claimed(path: &Path) -> Option<linkpool_primitives::Address> {
    keystore::claimed_address(&linkpool_secrets::read(path).ok()?)
}

impl Shown<'_> {
    fn print(&self) {
        let address = self.address.as_deref().unwrap_or("unknown");
        let place = |path: &Path| format!("{} ({})", path.display(), mode(path).unwrap_or_else(|| "missing".into()));
        answer!("{:<10}  {address:<42}  {}  password in {}", self.name, place(self.keystore), place(self.password_file));
        if let Some(fault) = &self.fault {
            answer!("{:<10}  does not open: {fault}", "");
        }
    }

    fn to_json(&self) -> Value {
        let file = |path: &Path| json!({ "path": path, "mode": mode(path) });
        json!({
            "name": self.name, "address": self.address, "keystore": file(self.keystore),
            "password_file": file(self.password_file), "opens": self.fault.is_none(), "fault": self.fault,
        })
    }
}

fn mode(path: &Path) -> Option<String> {
    Some(format!("{:04o}", std::fs::metadata(path).ok()?.mode() & 0o7777))
}
