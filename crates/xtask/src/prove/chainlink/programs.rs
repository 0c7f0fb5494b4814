//! What the operator brings, and the Postgres that it runs on.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{failure::bad_input, shell};

/// The programs, with what they say that they are.
pub struct Programs {
    pub node: (PathBuf, String),
    pub newer: Option<(PathBuf, String)>,
    pub postgres: PathBuf,
    /// By which databases are kept, where a part keeps any.
    pub age: Option<PathBuf>,
}

pub fn node_program(path: &str) -> Result<(PathBuf, String)> {
    let path = fs::canonicalize(path).map_err(|error| bad_input(format!("there is no program {path}: {error}")))?;
    let version = version(&path)?;
    Ok((path, version))
}

/// `chainlink version 2.31.0@3120136828f3`
fn version(path: &Path) -> Result<String> {
    let said = shell::output(Command::new(path).arg("--version"))?;
    let version = said.split_once(" version ").and_then(|(_, rest)| rest.split_once('@')).map(|(version, _)| version.to_owned());
    version.ok_or_else(|| bad_input(format!("{} is no Chainlink node: its --version names none", path.display())))
}
