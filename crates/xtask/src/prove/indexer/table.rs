//! The table of docs/proofs/indexer.md.

use anyhow::Result;

use super::{
    super::{ledger::Ledger, report},
    parts::{PARTS, Part, pieces},
};

pub fn write(ledger: &Ledger) -> Result<()> {
    let rows: String = PARTS.iter().map(|part| row(part, ledger)).collect();
    let head = "| part | done | of | differences | its newest piece | at commit | sources |\n| --- | --- | --- | --- | --- | --- | --- |\n";
    report::write("indexer", None, &format!("A part begins again where its sources have changed.\n\n{head}{rows}"))
}

/// A piece with a difference ends the proof, so whatever is counted has none.
fn row(part: &Part, ledger: &Ledger) -> String {
    let Part { name, unit, goal, .. } = part;
    let (done, at) = (ledger.done(name), ledger.at(name));
    let said = done["said"].as_str().unwrap_or_default();
    let hashes = ledger.sources(name).split(' ');
    let sources = part.sources.iter().zip(hashes).map(|(path, hash)| format!("{path} {hash}")).collect::<Vec<_>>().join("<br>");
    format!("| {name} | {} {unit} | {goal} | 0 | {said} | {at} | {sources} |\n", pieces(done))
}
