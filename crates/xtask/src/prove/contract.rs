//! The contract's long proofs.

use anyhow::Result;

use crate::{install, shell};

pub fn run(_: &[String]) -> Result<()> {
    let mut forge = shell::command(install::forge()?);
    shell::run(forge.args(["test", "--match-test", "invariant"]).env("FOUNDRY_PROFILE", "prove"))
}
