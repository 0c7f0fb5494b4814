//! `cargo xtask bench`: where figures come from. `--json` prints `{"bench", "rows": [{"name", "value", "unit"}]}`.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{dev, failure::bad_input, install, shell};

struct Bench {
    name: &'static str,
    run: fn() -> Result<Vec<Row>>,
}

/// One figure.
struct Row {
    name: String,
    value: f64,
    unit: &'static str,
}

const BENCHES: &[Bench] = &[Bench { name: "dev", run: dev_steps }, Bench { name: "gas", run: gas }];

pub fn run(arguments: &[String]) -> Result<()> {
    let as_json = arguments.iter().any(|argument| argument == "--json");
    let wanted = arguments.iter().find(|argument| !argument.starts_with("--"));
    let bench = BENCHES.iter().find(|bench| wanted.is_some_and(|wanted| wanted == bench.name)).ok_or_else(|| {
        let names: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
        bad_input(format!("name a benchmark: {}", names.join(", ")))
    })?;
    let rows = (bench.run)()?;
    if as_json {
        let rows: Vec<Value> = rows.iter().map(|row| json!({ "name": row.name, "value": row.value, "unit": row.unit })).collect();
        println!("{}", json!({ "bench": bench.name, "rows": rows }));
    } else {
        for Row { name, value, unit } in rows {
            println!("{value:>14.2} {unit:<4} {name}");
        }
    }
    Ok(())
}

/// Scale calls that the percentile is taken of.
const SCALE_CALLS: &str = "20";

/// The seconds of each step of `linkpool dev --check`, from a warm build, and of a scale call until its node is open.
fn dev_steps() -> Result<Vec<Row>> {
    let executable = dev::build()?;
    let text = shell::output(shell::command(executable).args(["dev", "--check", "--json", "--scale-calls", SCALE_CALLS]))?;
    let report: Value = serde_json::from_str(&text).context("the report of `linkpool dev --check --json`")?;
    let steps = report["steps"].as_array().context("a report with steps")?;
    let row = |step: &Value| {
        let name = step["name"].as_str()?.to_owned();
        Some(Row { name, value: step["seconds"].as_f64()?, unit: "s" })
    };
    let measures = report["measures"].as_array().context("a report with measures")?;
    measures.iter().chain(steps).map(|step| row(step).context("a step with a name and seconds")).collect()
}

/// What each action costs as a whole transaction, as the contracts' gas tests print it: `gas name figure`.
fn gas() -> Result<Vec<Row>> {
    let mut forge = shell::command(install::forge()?);
    let text = shell::output(forge.args(["test", "--match-contract", "Gas", "-vv"]))?;
    let rows: Vec<Row> = text.lines().filter_map(gas_row).collect();
    if rows.is_empty() {
        anyhow::bail!("the gas tests printed no figures");
    }
    Ok(rows)
}

fn gas_row(line: &str) -> Option<Row> {
    let (name, figure) = line.trim().strip_prefix("gas ")?.split_once(' ')?;
    let value: u32 = figure.parse().ok()?;
    Some(Row { name: name.to_owned(), value: value.into(), unit: "gas" })
}
