//! Proofs that are tests of the suites at full length, one function a proof. What is asked besides goes to the tests.

use anyhow::{Context, Result, ensure};

use super::{proof::Asked, python, report};
use crate::{install, shell::root, test::package};

/// `cargo xtask prove alerts`: every alert of docs/alerts.yml is fired by its cause in a real Prometheus, and ends when that is gone.
/// With names of causes, only those; then the report stays as it is.
pub fn alerts(Asked { free: causes, .. }: &Asked) -> Result<()> {
    const TEST: &str = "alerts::each_cause_fires_its_alerts_which_end_when_it_is_gone";
    const HEAD: &str = "| alert | cause | fires after (s) | over after (s) |\n| --- | --- | --: | --: |";
    install::prometheus()?;
    let only = [TEST, "--exact", "--ignored", "--nocapture"].map(str::to_owned);
    let mut rows = Vec::new();
    let total = package::run_with(&["linkpool-cli"], &only, &[("LINKPOOL_ALERTS_CAUSES", causes.join(","))], |line| {
        rows.extend(line.starts_with("| `").then(|| line.to_owned()));
    })?;
    total.close()?;
    ensure!(total.passed == 1 && !rows.is_empty(), "the test {TEST} did not run");
    if !causes.is_empty() {
        return Ok(());
    }
    report::write("alerts", None, &format!("{} alerts.\n\n{HEAD}\n{}", rows.len(), rows.join("\n")))
}

/// `cargo xtask prove api`: schemathesis asks the API, over a real database, for whatever its document allows and does not allow.
pub fn api(_: &Asked) -> Result<()> {
    const REQUIREMENTS: &str = "tests/api/requirements.txt";
    /// Requests made up for each path, beside those that follow from the bounds of each parameter.
    const EXAMPLES: u32 = 200;
    let programs = python::environment(&root().join("target/prove/api"), REQUIREMENTS, "schemathesis and what it needs")?;
    let program = programs.join("schemathesis").display().to_string();
    let variables = [("LINKPOOL_SCHEMATHESIS", program), ("LINKPOOL_SCHEMATHESIS_EXAMPLES", EXAMPLES.to_string())];
    let only = ["schemathesis::", "--ignored", "--nocapture"].map(str::to_owned);
    package::run_with(&["linkpool-api"], &only, &variables, |_| ())?.close()
}

/// `cargo xtask prove hang-ups`: a minute of clients that hang up at every point, beside honest ones and everybody who writes.
pub fn hang_ups(_: &Asked) -> Result<()> {
    const TEST: &str = "hang_ups::clients_that_hang_up_at_every_point_poison_no_write_and_no_answer";
    const SECONDS: u32 = 60;
    let only = [TEST, "--exact", "--nocapture"].map(str::to_owned);
    let mut said = None;
    let total = package::run_with(&["linkpool-api"], &only, &[("LINKPOOL_HANG_UPS_SECONDS", SECONDS.to_string())], |line| {
        if line.contains(" resets (") {
            said = Some(line.to_owned());
        }
    })?;
    total.close()?;
    report::write("hang-ups", None, &said.with_context(|| format!("the test {TEST} did not say what it saw"))?)
}

/// `cargo xtask prove verify`: what is planted in the database is found and mended among thousands of positions, and history
/// carried through many random reorgs equals history rebuilt.
pub fn verify(Asked { free: filter, .. }: &Asked) -> Result<()> {
    let positions = [("LINKPOOL_VERIFY_POSITIONS", "5000".to_owned())];
    let chains = [("LINKPOOL_HISTORY_SEEDS", "100".to_owned())];
    let only = |names: &str| [&[names.to_owned(), "--nocapture".to_owned()], filter.as_slice()].concat();
    let mut total = package::run_with(&["linkpool-indexer"], &only("verify::"), &positions, |_| ())?;
    total += package::run_with(&["linkpool-db"], &only("history::"), &chains, |_| ())?;
    total.close()
}
