//! How long a node takes from the call to the page.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Row;
use crate::{dev, shell};

/// Scale calls that the percentile is taken of.
const SCALE_CALLS: &str = "20";

/// The seconds of each step of `linkpool dev --check`, from a warm build, and of a scale call until its node is open.
pub fn run(_: &[String]) -> Result<Vec<Row>> {
    let executable = dev::build()?;
    let text = shell::output(shell::command(executable).args(["dev", "--check", "--json", "--scale-calls", SCALE_CALLS]))?;
    let report: Value = serde_json::from_str(&text).context("the report of `linkpool dev --check --json`")?;
    let steps = report["steps"].as_array().context("a report with steps")?;
    let row = |step: &Value| {
        let name = step["name"].as_str()?.to_owned();
        Some(Row { name, value: step["seconds"].as_f64()?, unit: "s", note: String::new(), more: Vec::new() })
    };
    let measures = report["measures"].as_array().context("a report with measures")?;
    measures.iter().chain(steps).map(|step| row(step).context("a step with a name and seconds")).collect()
}
