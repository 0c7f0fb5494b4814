//! `cargo xtask prove`: the proofs that take longer than a check may.

use anyhow::Result;

use crate::{failure::bad_input, install, shell};

struct Proof {
    name: &'static str,
    about: &'static str,
    run: fn() -> Result<()>,
}

const PROOFS: &[Proof] =
    &[Proof { name: "contracts", about: "the contracts' invariants, 5,000 runs of 256 calls", run: contracts }];

pub fn run(arguments: &[String]) -> Result<()> {
    let list = || PROOFS.iter().map(|proof| format!("  {:<12} {}", proof.name, proof.about)).collect::<Vec<_>>().join("\n");
    let Some(name) = arguments.first() else {
        println!("{}", list());
        return Ok(());
    };
    match PROOFS.iter().find(|proof| proof.name == name) {
        Some(proof) => shell::timed(proof.about, proof.run),
        None => Err(bad_input(format!("there is no proof `{name}`; there are\n{}", list()))),
    }
}

fn contracts() -> Result<()> {
    let mut forge = shell::command(install::forge()?);
    shell::run(forge.args(["test", "--match-test", "invariant"]).env("FOUNDRY_PROFILE", "prove"))
}
