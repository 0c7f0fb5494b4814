//! The keys that the settings name: whose they are, where they lie, and whether they open.

use std::{os::unix::fs::MetadataExt, path::Path};

use anyhow::Result;
use linkpool_primitives::{Address, checksum};
use linkpool_tx_manager::keystore;
use serde_json::{Value, json};

use crate::{
    config::{Config, key_place::KeyPlace},
    failure::Failure,
    output::answer,
};

/// One key of the settings.
struct Shown<'a> {
    name: &'static str,
    place: KeyPlace<'a>,
    /// Of the opened key; else what the file claims.
    address: Option<String>,
    fault: Option<String>,
}

pub async fn run(config: &Config, as_json: bool) -> Result<()> {
    let mut keys = Vec::new();
    for (name, place) in config.key_places()? {
        keys.push(look(config, name, place).await);
    }
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

async fn look<'a>(config: &Config, name: &'static str, place: KeyPlace<'a>) -> Shown<'a> {
    let (address, fault) = match place.open(&config.aws).await {
        Ok(signer) => (Some(signer.address()), None),
        Err(error) => (claimed(&place), Some(error.to_string())),
    };
    Shown { name, place, address: address.as_ref().map(checksum), fault }
}

fn claimed(place: &KeyPlace<'_>) -> Option<Address> {
    match place {
        KeyPlace::Keystore { keystore, .. } => keystore::claimed_address(&linkpool_secrets::read(keystore).ok()?),
        KeyPlace::Kms(_) => None,
    }
}

impl Shown<'_> {
    fn print(&self) {
        let address = self.address.as_deref().unwrap_or("unknown");
        let file = |path: &Path| format!("{} ({})", path.display(), mode(path).unwrap_or_else(|| "missing".into()));
        let place = match &self.place {
            KeyPlace::Keystore { keystore, password_file } => format!("{}  password in {}", file(keystore), file(password_file)),
            KeyPlace::Kms(arn) => arn.to_string(),
        };
        answer!("{:<10}  {address:<42}  {place}", self.name);
        if let Some(fault) = &self.fault {
            answer!("{:<10}  does not open: {fault}", "");
        }
    }

    fn to_json(&self) -> Value {
        let file = |path: &Path| json!({ "path": path, "mode": mode(path) });
        let mut shown = json!({ "name": self.name, "address": self.address, "opens": self.fault.is_none(), "fault": self.fault });
        match &self.place {
            KeyPlace::Keystore { keystore, password_file } => {
                (shown["keystore"], shown["password_file"]) = (file(keystore), file(password_file));
            }
            KeyPlace::Kms(arn) => shown["aws_kms"] = json!(arn.as_str()),
        }
        shown
    }
}

fn mode(path: &Path) -> Option<String> {
    Some(format!("{:04o}", std::fs::metadata(path).ok()?.mode() & 0o7777))
}
