//! Where the value of a setting is found, and what is said where it is not.

use std::path::Path;

use anyhow::Result;

use crate::failure::Failure;

/// The settings' file, unless another is named.
pub const FILE: &str = "linkpool.toml";

/// The text of a file that only its owner may read; `setting` is what an error names.
pub fn secret_file(setting: &str, path: &Path) -> Result<String> {
    linkpool_secrets::read(path).map_err(|fault| Failure::bad_input(format!("{setting}: {}: {fault}", path.display())))
}

pub fn missing(what: &str, flag: &str, key: &str) -> anyhow::Error {
    Failure::bad_input(format!("no {what} is given: pass {flag}, or set {key} in {FILE}"))
}
