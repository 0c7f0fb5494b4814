//! The parts that a test program does, each closing with one line that says what came out.

use anyhow::Result;
use serde_json::json;

use super::run::Run;
use crate::{
    count::{self, Count, plain, run_counted},
    failure::ended,
    install, shell,
};

pub fn unit(_: &Run) -> Result<String> {
    let mut forge = shell::command(install::forge()?);
    let count = run_counted(forge.args(["test", "--no-match-contract", "InvariantsTest"]), count::forge)?;
    passed("forge", count)
}

pub fn lemmas(_: &Run) -> Result<String> {
    closing_line(&["tests/contracts/lemmas/run.mjs"])
}

pub fn leave(_: &Run) -> Result<String> {
    closing_line(&["tests/contracts/leave-without-us.mjs"])
}

pub fn migrating(_: &Run) -> Result<String> {
    closing_line(&["tests/contracts/migrating.mjs"])
}

pub fn elsewhere(run: &Run) -> Result<String> {
    variants(run, "elsewhere")
}

pub fn mutations(run: &Run) -> Result<String> {
    variants(run, "mutations")
}

pub fn earnings(run: &Run) -> Result<String> {
    variants(run, "earnings")
}

/// Runs the variants that have not been seen red yet, and notes each.
fn variants(run: &Run, suite: &str) -> Result<String> {
    install::packages()?;
    let done = run.progress.steps(suite, &run.sources)?.len();
    let (mut noted, mut survived, mut node) = (Ok(()), false, shell::command("node"));
    node.args(["tests/contracts/mutants/run.mjs", suite, "", &done.to_string()]);
    let held = shell::run_watched(&mut node, |line| {
        survived |= line.starts_with("SURVIVED ");
        // The next run begins at the first variant that has not been noted, so nothing behind a survivor is.
        if let (Some(variant), false, Ok(())) = (line.strip_prefix("red "), survived, &noted) {
            let step = json!({ "variant": variant.trim(), "sources": run.sources });
            noted = run.progress.add_step(suite, &step);
        }
    })?;
    noted?;
    if !held {
        return Err(ended("node tests/contracts/mutants/run.mjs", 1));
    }
    let red = run.progress.steps(suite, &run.sources)?.len();
    Ok(format!("{red} variants, {red} seen red"))
}

fn closing_line(arguments: &[&str]) -> Result<String> {
    install::packages()?;
    let (mut last, mut node) = (String::new(), shell::command("node"));
    let held = shell::run_watched(node.args(arguments), |line| last = plain(line))?;
    if held { Ok(last) } else { Err(ended(&arguments.join(" "), 1)) }
}

fn passed(program: &str, count: Count) -> Result<String> {
    if count.failed == 0 { Ok(format!("{} passed", count.passed)) } else { Err(ended(program, 1)) }
}
