//! The indexer through more seeds, reorgs and kills than a check has time for. A run that was ended goes on where it was.

use std::{fs, path::PathBuf, process::Command};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::report;
use crate::{
    count::{self, run_counted},
    failure::bad_input,
    shell::{self, root},
    test::package,
};

/// One thing that is repeated many times, in pieces of a few minutes.
struct Part {
    name: &'static str,
    /// The test, and the variable that says how often.
    test: &'static str,
    variable: &'static str,
    unit: &'static str,
    goal: u64,
    piece: u64,
}

const PARTS: &[Part] = &[
    Part {
        name: "simulator",
        test: "simulator::whatever_goes_wrong_the_database_ends_equal_to_the_canonical_chain",
        variable: "LINKPOOL_SEEDS",
        unit: "seeds",
        goal: 100_000,
        piece: 5_000,
    },
    Part {
        name: "lasting",
        test: "simulator::one_honest_endpoint_that_answers_single_calls_for_single_blocks_is_enough",
        variable: "LINKPOOL_SEEDS",
        unit: "seeds of faults that never end, beside one endpoint that answers single calls",
        goal: 100_000,
        piece: 5_000,
    },
    Part {
        name: "hopeless",
        test: "simulator::where_no_endpoint_is_of_use_the_state_says_so_within_a_minute_and_questions_are_few",
        variable: "LINKPOOL_SEEDS",
        unit: "seeds of endpoints that are of no use",
        goal: 100_000,
        piece: 5_000,
    },
    Part {
        name: "reorgs",
        test: "storm::reorgs_of_every_depth_and_shape_leave_the_database_equal_to_the_chain",
        variable: "LINKPOOL_REORGS",
        unit: "reorgs on anvil",
        goal: 1_000,
        // A chain each: anvil keeps the state of so many blocks only, and forgets the contract when a reorg goes below.
        piece: 50,
    },
    Part {
        name: "kills",
        test: "kill::a_killed_indexer_leaves_nothing_twice_and_nothing_out",
        variable: "LINKPOOL_KILLS",
        unit: "kill -9",
        goal: 200,
        piece: 50,
    },
    Part {
        name: "two",
        test: "kill::two_indexers_under_kills_write_each_event_once",
        variable: "LINKPOOL_TWO_SECONDS",
        unit: "seconds of two indexers under kills",
        goal: 600,
        piece: 120,
    },
];

/// What was done so far, for these sources: `{ sources, done: { part: count }, said: { part: [line] } }`.
struct Progress(Value);

impl Progress {
    fn path() -> PathBuf {
        root().join("target/prove-indexer.json")
    }

    /// That of the last run, if the sources are the same.
    fn open(fresh: bool) -> Result<Self> {
        let sources = sources()?;
        let kept = fs::read_to_string(Self::path()).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let kept = kept.filter(|kept| kept["sources"] == sources.as_str() && !fresh);
        Ok(Self(kept.unwrap_or_else(|| json!({ "sources": sources, "done": {}, "said": {} }))))
    }

    fn done(&self, part: &Part) -> u64 {
        self.0["done"][part.name].as_u64().unwrap_or(0)
    }

    /// What the newest piece printed about itself.
    fn said(&self, part: &Part) -> &str {
        self.0["said"][part.name].as_str().unwrap_or("")
    }

    fn add(&mut self, part: &Part, said: &str) -> Result<()> {
        self.0["done"][part.name] = json!(self.done(part) + part.piece);
        self.0["said"][part.name] = json!(said);
        fs::create_dir_all(root().join("target")).context("making target/")?;
        fs::write(Self::path(), self.0.to_string()).context("writing the proof's progress")
    }
}

/// `cargo xtask prove indexer [PART...] [--fresh]`
pub fn run(arguments: &[String]) -> Result<()> {
    let fresh = arguments.iter().any(|argument| argument == "--fresh");
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| *argument != "--fresh").collect();
    let known = PARTS.iter().map(|part| part.name).collect::<Vec<_>>().join(", ");
    if let Some(name) = names.iter().find(|name| PARTS.iter().all(|part| part.name != **name)) {
        return Err(bad_input(format!("the indexer's proof has no part `{name}`: there are {known}")));
    }
    let mut progress = Progress::open(fresh)?;
    let programs = package::programs(&["linkpool-indexer"])?;
    let program =
        programs.iter().find(|program| program.path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with("it-")));
    let program = program.context("the indexer's tests are built")?;
    for part in PARTS.iter().filter(|part| names.is_empty() || names.contains(&part.name)) {
        while progress.done(part) < part.goal {
            let done = progress.done(part);
            let mut command = shell::command(&program.path);
            command.current_dir(&program.folder).args(["--exact", part.test, "--nocapture"]);
            let said = piece(part, done, &mut command)?;
            progress.add(part, &said)?;
            report(&progress)?;
        }
        println!("{}: {} {}", part.name, progress.done(part), part.unit);
    }
    report(&progress)
}

/// Runs the next piece. Its seed follows from how far the part is, so that a failing one can be run again.
fn piece(part: &Part, done: u64, command: &mut Command) -> Result<String> {
    let is_simulated = part.variable == "LINKPOOL_SEEDS";
    let seed = if is_simulated { "LINKPOOL_FIRST_SEED" } else { "LINKPOOL_SEED" };
    let number = if is_simulated { done } else { done / part.piece + 1 };
    command.env(part.variable, part.piece.to_string()).env(seed, number.to_string());
    let mut said = String::new();
    let count = run_counted(command, |line| {
        if line.contains("0 differences") || line.starts_with("seeds ") {
            line.clone_into(&mut said);
        }
        count::cargo_test(line)
    })?;
    ensure!(
        count.failed == 0 && count.passed == 1,
        "{} failed: run it again with {seed}={number} {}={}",
        part.test,
        part.variable,
        part.piece
    );
    Ok(said)
}

/// What the proof is about: it starts again where any of this changes.
fn sources() -> Result<String> {
    let mut git = shell::command("git");
    git.args(["rev-parse", "HEAD:crates/indexer", "HEAD:crates/chain", "HEAD:crates/db/src/ingest"]);
    Ok(shell::output(&mut git)?.split_whitespace().map(|hash| &hash[..hash.len().min(10)]).collect::<Vec<_>>().join(" "))
}

/// Writes the table of docs/proofs/indexer.md.
fn report(progress: &Progress) -> Result<()> {
    let mut table = format!(
        "Trees of crates/indexer, crates/chain and crates/db/src/ingest: {}.\n\n| part | done | of | differences | its newest piece |\n| --- | --- | --- | --- | --- |\n",
        progress.0["sources"].as_str().unwrap_or("")
    );
    for part in PARTS {
        table +=
            &format!("| {} | {} {} | {} | 0 | {} |\n", part.name, progress.done(part), part.unit, part.goal, progress.said(part));
    }
    report::write("indexer", &table)
}
