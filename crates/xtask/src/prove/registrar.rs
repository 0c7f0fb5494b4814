//! The registrar at full count: the campaign, its tests, its figures. A run that was ended goes on with the part that was not done.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{proof::Asked, report};
use crate::{
    bench::{
        Row,
        registrar::{What, program, rows},
    },
    failure::counted,
    shell::{self, root},
    test::package,
};

const PARTS: [&str; 3] = ["chaos", "tests", "speed"];

pub fn parts() -> Vec<&'static str> {
    PARTS.to_vec()
}

/// `cargo xtask prove registrar [PART...] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let mut done = begin(asked.fresh)?;
    for part in asked.parts.iter().copied() {
        if done["parts"][part].is_null() {
            done["parts"][part] = carry_out(part)?;
            fs::create_dir_all(root().join("target")).context("making target/")?;
            fs::write(progress_file(), done.to_string()).context("writing the proof's progress")?;
        }
        report(&done)?;
        println!("{part}: done");
    }
    Ok(())
}

/// What an earlier run has done for these sources.
fn begin(fresh: bool) -> Result<Value> {
    let mut git = shell::command("git");
    git.args(["rev-parse", "HEAD:crates/registrar", "HEAD:crates/tx-manager", "HEAD:crates/db/src/tx", "HEAD:crates/chain"]);
    let sources =
        shell::output(&mut git)?.split_whitespace().map(|hash| &hash[..hash.len().min(10)]).collect::<Vec<_>>().join(" ");
    let kept = fs::read_to_string(progress_file()).ok().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let kept = kept.filter(|kept| kept["sources"] == sources.as_str() && !fresh);
    Ok(kept.unwrap_or_else(|| json!({ "sources": sources, "parts": {} })))
}

fn progress_file() -> PathBuf {
    root().join("target/prove-registrar.json")
}

fn carry_out(part: &str) -> Result<Value> {
    let measurements = |rows: Vec<Row>| -> Value {
        rows.iter().map(|row| json!({ "name": row.name, "value": row.value, "unit": row.unit, "note": row.note })).collect()
    };
    match part {
        "chaos" => Ok(measurements(rows(&What::full_chaos(), &program()?)?)),
        "speed" => Ok(measurements(rows(&What::Speed, &program()?)?)),
        _ => {
            let count = package::run(&["linkpool-tx-manager", "linkpool-registrar"], &[])?;
            if count.failed > 0 {
                Err(counted())
            } else {
                Ok(json!([{ "name": "tests", "value": count.passed, "unit": "", "note": "" }]))
            }
        }
    }
}

/// Writes the tables of the report.
fn report(done: &Value) -> Result<()> {
    let mut table = format!(
        "Trees of crates/registrar, crates/tx-manager, crates/db/src/tx and crates/chain: {}.\n\n| part | row | figure | |\n| --- | --- | --- | --- |\n",
        done["sources"].as_str().unwrap_or_default()
    );
    for part in PARTS {
        for row in done["parts"][part].as_array().into_iter().flatten() {
            let [name, unit, note] = ["name", "unit", "note"].map(|key| row[key].as_str().unwrap_or_default());
            let measurement = format!("{} {unit}", row["value"]);
            table +=
                &format!("| {part} | {name} | {} | {note} |\n", measurement.trim().replace(".0 ", " ").trim_end_matches(".0"));
        }
    }
    report::write("registrar", None, &table)
}
