//! The registrar at full count: the campaign, its tests, its figures. A run that was ended goes on with the part that was not done.

use anyhow::Result;
use serde_json::{Value, json};

use super::{ledger::Ledger, proof::Asked, report};
use crate::{
    bench::registrar::{What, rows},
    failure::counted,
    test::package,
};

const PARTS: [&str; 3] = ["chaos", "tests", "speed"];
/// What the proof is about: it starts again where any of this changes.
const SOURCES: &[&str] = &["crates/registrar", "crates/tx-manager", "crates/db/src/tx", "crates/chain"];

pub fn parts() -> Vec<&'static str> {
    PARTS.to_vec()
}

/// `cargo xtask prove registrar [PART...] [--fresh]`
pub fn run(asked: &Asked) -> Result<()> {
    let mut ledger = Ledger::open("registrar", PARTS.map(|part| (part, SOURCES)), asked.fresh)?;
    for part in &asked.parts {
        ledger.once(part, || carry_out(part), tell)?;
        println!("{part}: done");
    }
    Ok(())
}

fn carry_out(part: &str) -> Result<Value> {
    let what = match part {
        "chaos" => What::full_chaos(),
        "speed" => What::Speed,
        _ => {
            let count = package::run(&["linkpool-tx-manager", "linkpool-registrar"], &[])?;
            anyhow::ensure!(count.failed == 0, counted());
            return Ok(json!([{ "name": "tests", "value": count.passed, "unit": "", "note": "" }]));
        }
    };
    let rows = rows(&what)?;
    Ok(rows.iter().map(|row| json!({ "name": row.name, "value": row.value, "unit": row.unit, "note": row.note })).collect())
}

/// Writes the tables of the report.
fn tell(ledger: &Ledger) -> Result<()> {
    let (trees, hashes) = (SOURCES.join(", "), ledger.sources(PARTS[0]));
    let mut table = format!("Trees of {trees}: {hashes}.\n\n| part | row | figure | |\n| --- | --- | --- | --- |\n");
    for part in PARTS {
        for row in ledger.done(part).as_array().into_iter().flatten() {
            let [name, unit, note] = ["name", "unit", "note"].map(|key| row[key].as_str().unwrap_or_default());
            let measurement = format!("{} {unit}", row["value"]);
            table +=
                &format!("| {part} | {name} | {} | {note} |\n", measurement.trim().replace(".0 ", " ").trim_end_matches(".0"));
        }
    }
    report::write("registrar", None, &table)
}
