//! The indexer through more seeds, reorgs and kills than a check has time for. A run that was ended goes on where it was.

mod parts;
mod progress;
mod table;

use std::{process::Command, time::Instant};

use anyhow::{Context, Result, ensure};

use self::{
    parts::{PARTS, Part},
    progress::Progress,
};
use crate::{
    count::{self, run_counted},
    failure::bad_input,
    shell,
    test::package::{self, TestProgram},
};

/// The simulator computes and does nothing else, so it is optimised; the checks of a debug build stay in.
const SIMULATOR: &[&str] = &["--test", "simulator", "--config", "profile.dev.package.linkpool-indexer.opt-level=2"];
/// The rest waits for anvil and Postgres.
const REAL: &[&str] = &[];

/// `cargo xtask prove indexer [PART...] [--fresh]`
pub fn run(arguments: &[String]) -> Result<()> {
    let fresh = arguments.iter().any(|argument| argument == "--fresh");
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|argument| *argument != "--fresh").collect();
    let known = PARTS.iter().map(|part| part.name).collect::<Vec<_>>().join(", ");
    if let Some(name) = names.iter().find(|name| PARTS.iter().all(|part| part.name != **name)) {
        return Err(bad_input(format!("the indexer's proof has no part `{name}`: there are {known}")));
    }
    let mut progress = Progress::open(fresh)?;
    let chosen = |part: &&Part| names.is_empty() || names.contains(&part.name);
    for is_simulated in [true, false] {
        let mut parts = PARTS.iter().filter(chosen).filter(|part| part.is_simulated() == is_simulated).peekable();
        if parts.peek().is_some() {
            let program = if is_simulated { program("simulator-", SIMULATOR) } else { program("it-", REAL) }?;
            parts.try_for_each(|part| carry_out(part, &program, &mut progress))?;
        }
    }
    table::write(&progress)
}

/// The indexer's tests whose program's name begins so.
fn program(name: &str, how: &[&str]) -> Result<TestProgram> {
    let programs = package::programs_with(&["linkpool-indexer"], how)?;
    let is_meant = |program: &TestProgram| program.path.file_stem().is_some_and(|stem| stem.to_string_lossy().starts_with(name));
    programs.into_iter().find(is_meant).context("the indexer's tests are built")
}

/// Runs what is left of a part, piece by piece.
fn carry_out(part: &Part, program: &TestProgram, progress: &mut Progress) -> Result<()> {
    let (begun, before) = (Instant::now(), progress.done(part));
    while progress.done(part) < part.goal {
        let said = piece(part, progress.done(part), program)?;
        progress.add(part, &said)?;
        table::write(progress)?;
        let done = progress.done(part);
        let left = begun.elapsed().as_secs() * part.goal.saturating_sub(done) / (done - before);
        println!("{}: {done} of {} {}, about {left} s left", part.name, part.goal, part.unit);
    }
    println!("{}: {} {}", part.name, progress.done(part), part.unit);
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
