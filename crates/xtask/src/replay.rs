//! `cargo xtask replay`: the generated chain as an RPC endpoint, for any indexer.

use anyhow::Result;
use std::os::unix::process::CommandExt;

use crate::shell;

pub fn run(arguments: &[String]) -> Result<()> {
    let mut cargo = shell::cargo();
    // In a debug build making the chain takes a minute.
    cargo.args(["run", "--release", "--quiet", "--package", "linkpool-replay", "--", "serve"]).args(arguments);
    Err(anyhow::Error::new(cargo.exec()).context("starting the server"))
}
