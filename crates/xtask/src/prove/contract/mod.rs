//! `cargo xtask prove contract [--fresh] [--seed N] [PART...]`: the contract's long proofs, and their report.
//!
//! What has been proven is kept below target/prove/contract, with a fingerprint of the sources it was proven of. A run that was
//! ended goes on where it was; a part that holds for the sources as they are is not run again.

mod analysis;
mod histories;
mod invariants;
mod progress;
mod report;
mod run;
mod sources;
mod suites;

use anyhow::Result;

use super::proof::Asked;
use crate::shell;
pub use invariants::{Campaign, counted as campaign};
use progress::Progress;
use run::{Part, Run};

/// Of git, a star matches folders too.
const TESTS: &str = "tests/contracts/*.sol";
const POOL: &str = "abi/StakingPool.json";
const LENS: &str = "abi/StakingLens.json";
const TOKEN: &str = "abi/LinkToken.json";
const WALKTHROUGH: &str = "tests/contracts/walkthrough.mjs";

const PARTS: &[Part] = &[
    Part {
        name: "unit",
        about: "unit tests, role table, callback, hostile roles, gas",
        command: "node_modules/@foundry-rs/forge-<platform>/bin/forge test --no-match-contract InvariantsTest",
        sources: &["contracts", TESTS],
        run: suites::unit,
    },
    Part {
        name: "lemmas",
        about: "lemmas over integers, z3",
        command: "node tests/contracts/lemmas/run.mjs",
        sources: &["tests/contracts/lemmas", "package-lock.json"],
        run: suites::lemmas,
    },
    Part {
        name: "leave",
        about: "leaving without us, on anvil",
        command: "node tests/contracts/leave-without-us.mjs",
        sources: &[POOL, TOKEN, "docs/leave-without-us.md", "tests/contracts/leave-without-us.mjs", WALKTHROUGH],
        run: suites::leave,
    },
    Part {
        name: "migrating",
        about: "moving to a successor, on anvil",
        command: "node tests/contracts/migrating.mjs",
        sources: &[POOL, TOKEN, "docs/migrating.md", "tests/contracts/migrating.mjs", WALKTHROUGH],
        run: suites::migrating,
    },
    Part {
        name: "static",
        about: "static analysis, slither",
        command: "slither . --config-file tests/contracts/analysis/slither.json",
        sources: &["contracts", "tests/contracts/analysis"],
        run: analysis::slither,
    },
    Part {
        name: "symbolic",
        about: "packing and casts, symbolically, halmos",
        command: "halmos --contract SymbolicTest",
        sources: &["contracts", "tests/contracts/properties/Symbolic.t.sol", "tests/contracts/analysis"],
        run: analysis::halmos,
    },
    Part {
        name: "accounting",
        about: "`crates/accounting` against the contract, over random histories on anvil",
        command: "LINKPOOL_HISTORIES=100 cargo xtask test accounting",
        sources: &[POOL, TOKEN, "crates/accounting"],
        run: histories::run,
    },
    Part {
        name: "elsewhere",
        about: "broken variants, one for each thing that went wrong elsewhere",
        command: "node tests/contracts/mutants/run.mjs elsewhere",
        sources: &["contracts", TESTS, "tests/contracts/mutants"],
        run: suites::elsewhere,
    },
    Part {
        name: "mutations",
        about: "small mutations",
        command: "node tests/contracts/mutants/run.mjs mutations",
        sources: &["contracts", TESTS, "tests/contracts/mutants"],
        run: suites::mutations,
    },
    Part {
        name: "earnings",
        about: "a mutation of each line of NodeEarnings",
        command: "node tests/contracts/mutants/run.mjs earnings",
        sources: &["contracts", TESTS, "tests/contracts/mutants", "tests/contracts/unit/Earnings.t.sol"],
        run: suites::earnings,
    },
    Part {
        name: "invariants",
        about: "invariants, full tier",
        command: "FOUNDRY_PROFILE=prove forge test --match-contract InvariantsTest",
        sources: &[
            POOL,
            LENS,
            TOKEN,
            "tests/contracts/Fixture.sol",
            "tests/contracts/properties/Fold.sol",
            "tests/contracts/properties/Handler.sol",
            "tests/contracts/properties/Invariants.t.sol",
        ],
        run: invariants::run,
    },
];

pub fn parts() -> Vec<&'static str> {
    PARTS.iter().map(|part| part.name).collect()
}

pub fn run(asked: &Asked) -> Result<()> {
    let (seed, progress) = (asked.number("--seed")?, Progress::open()?);
    for part in PARTS.iter().filter(|part| asked.parts.contains(&part.name)) {
        let sources = sources::fingerprint(part.sources)?;
        if asked.fresh {
            progress.forget(part.name)?;
        }
        if let Some(proof) = progress.proof(part.name, &sources)? {
            println!("{}: {} (proven {} of {})", part.name, proof.result, proof.date, proof.commit);
            continue;
        }
        let run = Run { progress: progress.clone(), sources, seed };
        let result = shell::timed(part.about, || (part.run)(&run))?;
        println!("{}: {result}", part.name);
        progress.prove(part.name, &run.sources, result)?;
        report::refresh(PARTS, &progress)?;
    }
    report::refresh(PARTS, &progress)
}
