//! `cargo xtask prove`: the proofs that take longer than a check may. One file a part.

mod at_length;
mod campaign;
mod chainlink;
mod chains;
pub mod contract;
mod earnings;
pub mod fleet;
mod indexer;
mod ledger;
mod outages;
mod proof;
pub mod python;
mod registrar;
mod report;

pub use self::chainlink::node_program;
use anyhow::Result;

use self::proof::{Proof, Words};
use crate::{failure::bad_input, shell};

const PROOFS: &[Proof] = &[
    Proof {
        name: "alerts",
        about: "the alerts: each fired by its cause in a real Prometheus, 30 times faster, and over when that is gone",
        words: Words::Free,
        options: &[],
        run: at_length::alerts,
    },
    Proof {
        name: "api",
        about: "the API: schemathesis, from the document, over a real database",
        words: Words::Free,
        options: &[],
        run: at_length::api,
    },
    Proof {
        name: "chainlink",
        about: "the real node: the stand-in against it request by request, and pairs of it under the fleet, with --executable PATH [--executable-newer PATH]: kills, pauses, outages, ten at once",
        words: Words::Parts(chainlink::parts),
        options: &["--executable", "--executable-newer"],
        run: chainlink::run,
    },
    Proof {
        name: "chains",
        about: "everything on chains that are not anvil: Hardhat's node, and geth with --geth PATH",
        words: Words::Parts(chains::parts),
        options: &["--geth"],
        run: chains::run,
    },
    Proof {
        name: "contract",
        about: "the contract: 5,000 runs of 256 actions, lemmas, symbolic, static, mutations",
        words: Words::Parts(contract::parts),
        options: &["--seed"],
        run: contract::run,
    },
    Proof {
        name: "earnings",
        about: "earnings: 200 random kills of who passes them on, indexes and registers, while 20 nodes answer 10,000 requests over reorgs",
        words: Words::Parts(earnings::parts),
        options: &["--kills", "--seed"],
        run: earnings::run,
    },
    Proof {
        name: "fleet",
        about: "the fleet: 200 random kills over 20 nodes that are rolled from version to version; its tests; its figures; the same kills on a stand-in for ECS",
        words: Words::Parts(fleet::parts),
        options: &["--kills", "--seed"],
        run: fleet::run,
    },
    Proof {
        name: "hang-ups",
        about: "the API: a minute of 1,600 clients a second that hang up, beside 64 honest ones and all writers",
        words: Words::Free,
        options: &[],
        run: at_length::hang_ups,
    },
    Proof {
        name: "indexer",
        about: "the indexer: three times 100,000 simulated histories, every provider, 1,000 reorgs, 200 kills, two at once for ten minutes",
        words: Words::Parts(indexer::parts),
        options: &[],
        run: indexer::run,
    },
    Proof {
        name: "outages",
        about: "the roles: 30 minutes of fail-overs, lost hosts, clock steps and held locks under two of each",
        words: Words::Parts(|| vec![outages::PART]),
        options: &["--minutes"],
        run: outages::run,
    },
    Proof {
        name: "registrar",
        about: "the registrar: 150 registrations by two processes under 210 kills, reorgs and failing endpoints; its figures",
        words: Words::Parts(registrar::parts),
        options: &[],
        run: registrar::run,
    },
    Proof {
        name: "verify",
        about: "verify and history: every planted difference among 5,000 positions, 100 random chains with reorgs",
        words: Words::Free,
        options: &[],
        run: at_length::verify,
    },
];

pub fn run(arguments: &[String]) -> Result<()> {
    let list = || PROOFS.iter().map(|proof| format!("  {:<12} {}", proof.name, proof.about)).collect::<Vec<_>>().join("\n");
    let Some((name, rest)) = arguments.split_first() else {
        println!("{}", list());
        return Ok(());
    };
    match PROOFS.iter().find(|proof| proof.name == name) {
        Some(proof) => {
            let asked = proof.read(rest)?;
            shell::timed(proof.about, || (proof.run)(&asked))
        }
        None => Err(bad_input(format!("there is no proof `{name}`; there are\n{}", list()))),
    }
}
