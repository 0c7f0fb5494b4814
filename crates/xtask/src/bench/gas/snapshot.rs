//! The figures as committed, so that a document can be held against them without the engine, and a change of a contract shows.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::fs;

use super::engine::{Measured, Measurement};
use crate::shell::root;

const SNAPSHOT: &str = "tests/gas/snapshot.json";

/// What was measured is what is committed; or it is written anew.
pub fn hold(measured: &Measured, accept: bool) -> Result<()> {
    let path = root().join(SNAPSHOT);
    if accept {
        return fs::write(&path, written(measured)?).with_context(|| format!("writing {SNAPSHOT}"));
    }
    let committed = fs::read_to_string(&path).with_context(|| format!("reading {SNAPSHOT}"))?;
    let committed = Measured::read(committed)?;
    let differing: Vec<&str> = measured
        .measurements
        .iter()
        .filter(|measurement| !committed.measurements.contains(measurement))
        .map(Measurement::name)
        .collect();
    let same = differing.is_empty()
        && committed.engine == measured.engine
        && committed.measurements.len() == measured.measurements.len();
    ensure!(same, "{SNAPSHOT} is of other figures ({}): `cargo xtask bench gas --accept` rewrites it", differing.join(", "));
    Ok(())
}

fn written(measured: &Measured) -> Result<String> {
    let row = |measurement: &Measurement| {
        let Measurement { name, osaka, amsterdam, words, token_words } = measurement;
        json!({ "name": name, "osaka": osaka, "amsterdam": amsterdam, "words": words, "token_words": token_words })
    };
    let rows: Vec<Value> = measured.measurements.iter().map(row).collect();
    let text = serde_json::to_string_pretty(&json!({ "engine": measured.engine, "rows": rows }))?;
    Ok(format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed() -> Measured {
        Measured::read(fs::read_to_string(root().join(SNAPSHOT)).unwrap()).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let measurements = committed();
        assert!(Measured::read(written(&measurements).unwrap()).unwrap().measurements == measurements.measurements);
    }

    #[test]
    fn the_committed_figures_are_those_of_the_contracts_gas_tests() {
        committed().agree_with_forge().unwrap();
    }

    /// `97,480` or `46,439 + 88,959`.
    fn measurements(cell: &str) -> Vec<u64> {
        cell.split(" + ").filter_map(|measurement| measurement.trim().trim_matches('*').replace(',', "").parse().ok()).collect()
    }

    #[test]
    fn the_page_of_the_contract_shows_the_committed_figures() {
        let (page, measured) = (fs::read_to_string(root().join("docs/contract.md")).unwrap(), committed());
        let section = page.split("\n## ").find(|section| section.starts_with("Gas\n")).unwrap();
        assert!(section.contains(&format!("`cargo xtask bench gas` measures both on {}", measured.engine)));
        let mut shown = Vec::new();
        for line in section.lines() {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            match cells.as_slice() {
                ["", "**StakingPool**", rest @ .., ""] => {
                    shown.extend(rest.iter().filter_map(|cell| cell.trim_matches('*').split_once(" / ")));
                }
                ["", _, osaka, amsterdam, _, ""] => shown.push((osaka, amsterdam)),
                _ => {}
            }
        }
        let pairs: Vec<(u64, u64)> = shown
            .into_iter()
            .flat_map(|(osaka, amsterdam)| measurements(osaka).into_iter().zip(measurements(amsterdam)))
            .collect();
        assert!(pairs.len() >= 20, "{pairs:?}");
        for (osaka, amsterdam) in pairs {
            let known =
                measured.measurements.iter().any(|measurement| (measurement.osaka, measurement.amsterdam) == (osaka, amsterdam));
            assert!(known, "nothing was measured that costs {osaka} and {amsterdam}");
        }
    }
}
