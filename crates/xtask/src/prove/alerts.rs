//! `cargo xtask prove alerts`: every alert of docs/alerts.yml is fired by its cause in a real Prometheus, and ends when that is gone.

use anyhow::{Result, ensure};

use super::{proof::Asked, report};
use crate::{failure::counted, install, test::package};

const TEST: &str = "alerts::each_cause_fires_its_alerts_which_end_when_it_is_gone";
const HEAD: &str = "| alert | cause | fires after (s) | over after (s) |\n| --- | --- | --: | --: |";

/// With names of causes, only those; then the report stays as it is.
pub fn run(Asked { free: causes, .. }: &Asked) -> Result<()> {
    install::prometheus()?;
    let only = [TEST, "--exact", "--ignored", "--nocapture"].map(str::to_owned);
    let mut rows = Vec::new();
    let total = package::run_with(&["linkpool-cli"], &only, &[("LINKPOOL_ALERTS_CAUSES", causes.join(","))], |line| {
        if line.starts_with("| `") {
            rows.push(line.to_owned());
        }
    })?;
    println!("{total}");
    if total.failed > 0 {
        return Err(counted());
    }
    ensure!(total.passed == 1 && !rows.is_empty(), "the test {TEST} did not run");
    if !causes.is_empty() {
        return Ok(());
    }
    report::write("alerts", None, &format!("{} alerts.\n\n{HEAD}\n{}", rows.len(), rows.join("\n")))
}
