//! The table of docs/proofs/indexer.md.

use anyhow::Result;

use super::{
    super::report,
    parts::{PARTS, Part},
    progress::Progress,
};

pub fn write(progress: &Progress) -> Result<()> {
    let rows: String = PARTS.iter().map(|part| row(part, progress)).collect();
    let head = "| part | done | of | differences | its newest piece | at commit | sources |\n| --- | --- | --- | --- | --- | --- | --- |\n";
    report::write("indexer", &format!("A part begins again where its sources have changed.\n\n{head}{rows}"))
}

/// A piece with a difference ends the proof, so whatever is counted has none.
fn row(part: &Part, progress: &Progress) -> String {
    let Part { name, unit, goal, .. } = part;
    let [said, commit] = ["said", "commit"].map(|what| progress.text(part, what));
    let hashes = progress.text(part, "sources").split(' ');
    let sources = part.sources.iter().zip(hashes).map(|(path, hash)| format!("{path} {hash}")).collect::<Vec<_>>().join("<br>");
    format!("| {name} | {} {unit} | {goal} | 0 | {said} | {commit} | {sources} |\n", progress.done(part))
}
