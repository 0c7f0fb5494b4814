//! `cargo xtask dev`: builds the executable with the development stack in it and becomes it.

use anyhow::Result;
use std::{os::unix::process::CommandExt, path::PathBuf, sync::OnceLock};

use crate::{install, shell};

pub fn run(arguments: &[String]) -> Result<()> {
    let executable = build()?;
    // In place of this process: one process tree, whose root gets Ctrl-C and whose death ends everything.
    let error = shell::command(executable).arg("dev").args(arguments).exec();
    Err(anyhow::Error::new(error).context("starting `linkpool dev`"))
}

static KEPT: OnceLock<PathBuf> = OnceLock::new();

/// Builds it, and takes it for built from then on: cargo is not asked again, which a build behind the tests would hold up.
pub fn keep() -> Result<()> {
    KEPT.set(build()?).ok();
    Ok(())
}

/// The executable with everything it needs. The whole workspace's features are chosen, as the tests do, so that one
/// build of the dependencies serves both.
pub fn build() -> Result<PathBuf> {
    if let Some(executable) = KEPT.get() {
        return Ok(executable.clone());
    }
    install::page()?;
    shell::run(shell::cargo().args(["build", "--workspace", "--all-features", "--bin", "linkpool"]))?;
    shell::built_program("linkpool")
}
