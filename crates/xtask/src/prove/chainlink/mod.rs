//! The real node: what a fleet does with pairs of it. Its program is no part of this repository, and its operator brings it.

mod earned;
mod journey;
mod measured;
mod pair;
mod programs;
mod requests;
mod rollouts;

use anyhow::Result;

use self::{earned::EARNED, journey::JOURNEY, measured::Measured, pair::PAIR, programs::Programs, rollouts::ROLLOUTS};
use super::{ledger::Ledger, proof::Asked};
use crate::{failure::bad_input, install};

pub use self::programs::node_program;

/// The parts with figures, each with the crates that it is about.
const MEASURED: [(Measured, &[&str]); 4] = [
    (PAIR, &["crates/fleet", "crates/node-postgres", "crates/process", "crates/chainlink"]),
    (ROLLOUTS, &["crates/fleet", "crates/db/src/fleet", "crates/node-postgres", "crates/process"]),
    (JOURNEY, &["crates/fleet", "crates/registrar", "crates/jobs", "crates/chainlink", "crates/tx-manager"]),
    (EARNED, &["crates/earnings", "crates/fleet", "crates/jobs", "crates/tx-manager", "abi/NodeEarnings.json"]),
];

const NO_PROGRAM: &str = "name the node's program: --executable PATH, and --executable-newer PATH for one that is newer. It is not part of this \
     repository: take /usr/local/bin/chainlink out of the project's published image (smartcontract/chainlink), or build one with a version in it. \
     With it, pairs of the node run under the fleet on anvil and a Postgres that it supports: boot, kills, SIGTERM, pauses of the active and of \
     the standby, Postgres restarted, the chain hung and back, ten nodes at once, the newer program, and the refusal of the older; three nodes rolled to the newer program, with an abort on each side of the door, and one brought back by what was kept; then every role of the pool from the call for a \
     node to 200 answers through kills, and from a consumer's LINK to a staker's claim";

pub fn parts() -> Vec<&'static str> {
    let measured = MEASURED.iter().map(|(measured, _)| measured.part);
    [requests::PART].into_iter().chain(measured).collect()
}

/// `cargo xtask prove chainlink --executable PATH [--executable-newer PATH] [PART...] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let node = asked.option("--executable").ok_or_else(|| bad_input(NO_PROGRAM))?;
    let newer = asked.option("--executable-newer");
    let rolls = newer.is_some() && asked.parts.contains(&ROLLOUTS.part);
    let programs = Programs {
        node: node_program(node)?,
        newer: newer.map(node_program).transpose()?,
        postgres: install::node_postgres()?,
        age: rolls.then(install::age).transpose()?,
    };
    if asked.parts.contains(&requests::PART) {
        requests::run(&programs)?;
    }
    let sources = MEASURED.iter().map(|(measured, sources)| (measured.part, *sources));
    let mut ledger = Ledger::open("chainlink", sources, asked.fresh)?;
    for (measured, _) in MEASURED.iter().filter(|(measured, _)| asked.parts.contains(&measured.part)) {
        if measured.part == ROLLOUTS.part && !rolls {
            println!("{}: left out, for it goes to a newer program: name one, --executable-newer PATH", measured.part);
            continue;
        }
        measured.run(&programs, &mut ledger)?;
    }
    Ok(())
}
