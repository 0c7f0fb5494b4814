//! The contracts' tests, and the lemmas that their arithmetic rests on.

use anyhow::Result;

use crate::{
    count::{self, Count, run_counted},
    install,
    prove::contract::{Campaign, campaign},
    shell,
};

/// The filter is a pattern of test names; the lemmas have none, so it leaves them out.
pub fn run(filter: &[String]) -> Result<Count> {
    let mut forge = shell::command(install::forge()?);
    forge.arg("test");
    if let [pattern, ..] = filter {
        forge.arg("--match-test").arg(pattern);
        return run_counted(&mut forge, count::forge);
    }
    let mut invariants = Campaign::default();
    let tests = run_counted(&mut forge, |line| {
        invariants = campaign(line).unwrap_or(invariants);
        count::forge(line)
    })?;
    let lemmas = run_counted(shell::command("node").arg("tests/contracts/lemmas/run.mjs"), count::lemmas)?;
    let Campaign { runs, calls } = invariants;
    let actions = calls.checked_div(runs).unwrap_or(0);
    println!("{} tests, {runs} runs of {actions} actions, {} lemmas passed", tests.passed, lemmas.passed);
    let mut total = tests;
    total += lemmas;
    Ok(total)
}
