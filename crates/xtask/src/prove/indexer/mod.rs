//! The indexer through more seeds, reorgs and kills than a check has time for. A run that was ended goes on where it was.

mod parts;

use std::{process::Command, time::Instant};

use anyhow::{Result, ensure};
use serde_json::json;

use self::parts::{PARTS, Part, pieces};
use super::{ledger::Ledger, proof::Asked};
use crate::{
    count::{self, run_counted},
    shell,
    test::package::{self, TestProgram},
};

/// The simulator computes and does nothing else, so it is optimised; the checks of a debug build stay in.
const SIMULATOR: &[&str] = &["--test", "simulator", "--config", "profile.dev.package.linkpool-indexer.opt-level=2"];
/// The rest waits for anvil and Postgres.
const REAL: &[&str] = &[];

pub fn parts() -> Vec<&'static str> {
    PARTS.iter().map(|part| part.name).collect()
}

/// `cargo xtask prove indexer [PART...] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let mut ledger = Ledger::open("indexer", PARTS.iter().map(|part| (part.name, part.sources)), asked.fresh)?;
    let chosen = |part: &&Part| asked.parts.contains(&part.name);
    for is_simulated in [true, false] {
        let mut parts = PARTS.iter().filter(chosen).filter(|part| part.is_simulated() == is_simulated).peekable();
        if parts.peek().is_some() {
            let (name, how) = if is_simulated { ("simulator-", SIMULATOR) } else { ("it-", REAL) };
            let program = package::program(&["linkpool-indexer"], name, how)?;
            parts.try_for_each(|part| carry_out(part, &program, &mut ledger))?;
        }
    }
    parts::write(&ledger)
}

/// Runs what is left of a part, piece by piece.
fn carry_out(part: &Part, program: &TestProgram, ledger: &mut Ledger) -> Result<()> {
    let (begun, before) = (Instant::now(), pieces(ledger.done(part.name)));
    let next = |done: &serde_json::Value| {
        let done = pieces(done);
        if done > before {
            let left = begun.elapsed().as_secs() * part.goal.saturating_sub(done) / (done - before);
            println!("{}: {done} of {} {}, about {left} s left", part.name, part.goal, part.unit);
        }
        if done >= part.goal {
            return Ok(None);
        }
        Ok(Some(json!({ "pieces": done + part.piece, "said": piece(part, done, program)? })))
    };
    ledger.carry_out(part.name, next, parts::write)?;
    println!("{}: {} {}", part.name, pieces(ledger.done(part.name)), part.unit);
    Ok(())
}

/// Runs the next piece. Its seed follows from how far the part is, so that a failing one can be run again.
fn piece(part: &Part, done: u64, program: &TestProgram) -> Result<String> {
    let (seed, number) =
        if part.is_simulated() { ("LINKPOOL_FIRST_SEED", done) } else { ("LINKPOOL_SEED", done / part.piece + 1) };
    let mut command: Command = shell::command(&program.path);
    command.current_dir(&program.folder).args(["--exact", part.test, "--nocapture", "--include-ignored"]);
    command.env(part.variable, part.piece.to_string()).env(seed, number.to_string());
    let mut said = String::new();
    let count = run_counted(&mut command, |line| {
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
