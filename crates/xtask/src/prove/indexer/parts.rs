//! What is repeated, how often, what each part is about; and the table of docs/proofs/indexer.md.

use anyhow::Result;
use serde_json::Value;

use super::super::{ledger::Ledger, report};

/// One thing that is repeated many times, in pieces of a few minutes.
pub struct Part {
    pub name: &'static str,
    /// The test, and the variable that says how often.
    pub test: &'static str,
    pub variable: &'static str,
    pub unit: &'static str,
    pub goal: u64,
    pub piece: u64,
    /// It begins again where any of this changes.
    pub sources: &'static [&'static str],
}

impl Part {
    /// Whether its pieces are histories in simulated time, each from a seed of its own.
    pub fn is_simulated(&self) -> bool {
        self.variable == SEEDS
    }
}

/// How much of a part is done, in its unit: `{ pieces, said }`, `said` being what its newest piece printed about itself.
pub fn pieces(done: &Value) -> u64 {
    done["pieces"].as_u64().unwrap_or(0)
}

const SEEDS: &str = "LINKPOOL_SEEDS";
/// The engine knows neither chain nor database, so nothing else can change what a seed does.
const SIMULATED: &[&str] = &["crates/indexer/src/engine", "crates/indexer/tests/simulator", "crates/replay/src/random.rs"];
const REAL: &[&str] = &["crates/indexer/src", "crates/chain/src", "crates/db/src/ingest"];
const PROVIDERS: &[&str] = &["crates/indexer/src", "crates/chain/src", "crates/db/src/ingest", "crates/testkit/src/proxy"];

pub const PARTS: &[Part] = &[
    Part {
        name: "simulator",
        test: "whatever_goes_wrong_the_database_ends_equal_to_the_canonical_chain",
        variable: SEEDS,
        unit: "seeds",
        goal: 100_000,
        piece: 5_000,
        sources: SIMULATED,
    },
    Part {
        name: "permanent",
        test: "one_honest_endpoint_that_answers_single_calls_for_single_blocks_is_enough",
        variable: SEEDS,
        unit: "seeds of faults that never end, beside one endpoint that answers single calls",
        goal: 100_000,
        piece: 5_000,
        sources: SIMULATED,
    },
    Part {
        name: "hopeless",
        test: "where_no_endpoint_is_of_use_the_state_says_so_within_a_minute_and_questions_are_few",
        variable: SEEDS,
        unit: "seeds of endpoints that are of no use",
        goal: 100_000,
        piece: 5_000,
        sources: SIMULATED,
    },
    Part {
        name: "providers",
        test: "providers::every_provider_of_the_table_is_followed_to_equal_or_to_the_state_that_says_why_not",
        variable: "LINKPOOL_PROVIDERS",
        unit: "time through the whole table of providers",
        goal: 1,
        piece: 1,
        sources: PROVIDERS,
    },
    Part {
        name: "memory",
        test: "memory::behind_an_endpoint_that_answers_hugely_an_index_takes_a_bounded_memory",
        variable: "LINKPOOL_MEMORY",
        unit: "index behind an endpoint that pads its answers",
        goal: 1,
        piece: 1,
        sources: PROVIDERS,
    },
    Part {
        name: "reorgs",
        test: "storm::reorgs_of_every_depth_and_shape_leave_the_database_equal_to_the_chain",
        variable: "LINKPOOL_REORGS",
        unit: "reorgs on anvil",
        goal: 1_000,
        // A chain each: anvil keeps the state of so many blocks only, and forgets the contract when a reorg goes below.
        piece: 50,
        sources: REAL,
    },
    Part {
        name: "kills",
        test: "kill::a_killed_indexer_leaves_nothing_twice_and_nothing_out",
        variable: "LINKPOOL_KILLS",
        unit: "kill -9",
        goal: 200,
        piece: 50,
        sources: REAL,
    },
    Part {
        name: "two",
        test: "kill::two_indexers_under_kills_write_each_event_once",
        variable: "LINKPOOL_TWO_SECONDS",
        unit: "seconds of two indexers under kills",
        goal: 600,
        piece: 120,
        sources: REAL,
    },
];

pub fn write(ledger: &Ledger) -> Result<()> {
    let rows: String = PARTS.iter().map(|part| row(part, ledger)).collect();
    let head = "| part | done | of | differences | its newest piece | at commit | sources |\n| --- | --- | --- | --- | --- | --- | --- |\n";
    report::write("indexer", None, &format!("A part begins again where its sources have changed.\n\n{head}{rows}"))
}

/// A piece with a difference ends the proof, so whatever is counted has none.
fn row(part: &Part, ledger: &Ledger) -> String {
    let Part { name, unit, goal, .. } = part;
    let (done, at) = (ledger.done(name), ledger.at(name));
    let said = done["said"].as_str().unwrap_or_default();
    let hashes = ledger.sources(name).split(' ');
    let sources = part.sources.iter().zip(hashes).map(|(path, hash)| format!("{path} {hash}")).collect::<Vec<_>>().join("<br>");
    format!("| {name} | {} {unit} | {goal} | 0 | {said} | {at} | {sources} |\n", pieces(done))
}
