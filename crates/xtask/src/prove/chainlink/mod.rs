//! The real node: what a fleet does with pairs of it. Its program is no part of this repository, and its operator brings it.

mod pair;
mod programs;
mod requests;

use anyhow::Result;

use self::programs::{Programs, node_program};
use super::{ledger::Ledger, proof::Asked};
use crate::{failure::bad_input, install};

/// What the proof is about.
const SOURCES: &[&str] = &["crates/fleet", "crates/node-postgres", "crates/process", "crates/chainlink"];

const NO_PROGRAM: &str = "name the node's program: --executable PATH, and --executable-newer PATH for one that is newer. It is not part of this \
     repository: take /usr/local/bin/chainlink out of the project's published image (smartcontract/chainlink), or build one with a version in it. \
     With it, pairs of the node run under the fleet on anvil and a Postgres that it supports: boot, kills, SIGTERM, pauses of the active and of \
     the standby, Postgres restarted, the chain hung and back, ten nodes at once, the newer program, and the refusal of the older";

pub fn parts() -> Vec<&'static str> {
    vec![requests::PART, pair::PART]
}

/// `cargo xtask prove chainlink --executable PATH [--executable-newer PATH] [PART...] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let node = asked.option("--executable").ok_or_else(|| bad_input(NO_PROGRAM))?;
    let newer = asked.option("--executable-newer");
    let programs =
        Programs { node: node_program(node)?, newer: newer.map(node_program).transpose()?, postgres: install::node_postgres()? };
    if asked.parts.contains(&requests::PART) {
        requests::run(&programs)?;
    }
    let mut ledger = Ledger::open("chainlink", [(pair::PART, SOURCES)], asked.fresh)?;
    if asked.parts.contains(&pair::PART) {
        pair::run(&programs, &mut ledger)?;
    }
    Ok(())
}
