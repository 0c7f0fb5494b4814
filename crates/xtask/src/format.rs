//! `cargo xtask fmt`: one format for everybody.

use anyhow::Result;

use crate::{install, shell};

pub fn run(arguments: &[String]) -> Result<()> {
    let only_check = arguments.iter().any(|argument| argument == "--check");
    let mut cargo = shell::cargo();
    cargo.args(["fmt", "--all"]);
    // The gas harness is a workspace of its own.
    let mut harness = shell::cargo();
    harness.args(["fmt", "--manifest-path", "tests/gas/Cargo.toml"]);
    let mut forge = shell::command(install::forge()?);
    forge.args(["fmt", "contracts", "tests/contracts"]);
    if only_check {
        cargo.arg("--check");
        harness.arg("--check");
        forge.arg("--check");
    }
    shell::run(&mut cargo)?;
    shell::run(&mut harness)?;
    shell::run(&mut forge)
}
