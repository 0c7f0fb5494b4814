//! The table of docs/proofs/indexer.md.

use std::fs;

use anyhow::{Context, Result};

use super::{
    parts::{PARTS, Part},
    progress::Progress,
};
use crate::{failure::bad_input, shell::root};

const BEGIN: &str = "<!-- written by `cargo xtask prove indexer` -->";
const END: &str = "<!-- until here -->";

pub fn write(progress: &Progress) -> Result<()> {
    let path = root().join("docs/proofs/indexer.md");
    let text = fs::read_to_string(&path).context("reading docs/proofs/indexer.md")?;
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else {
        return Err(bad_input("docs/proofs/indexer.md has lost the marks between which the proof writes"));
    };
    let rows: String = PARTS.iter().map(|part| row(part, progress)).collect();
    let table = format!(
        "{BEGIN}\n\n| part | done | of | differences | its newest piece | commit | sources |\n| --- | --- | --- | --- | --- | --- | --- |\n{rows}\n"
    );
    fs::write(&path, format!("{}{table}{}", &text[..begin], &text[end..])).context("writing docs/proofs/indexer.md")
}

/// A piece with a difference ends the proof, so whatever is counted has none.
fn row(part: &Part, progress: &Progress) -> String {
    let Part { name, unit, goal, .. } = part;
    let [said, commit] = ["said", "commit"].map(|what| progress.text(part, what));
    let hashes = progress.text(part, "sources").split(' ');
    let sources = part.sources.iter().zip(hashes).map(|(path, hash)| format!("{path} {hash}")).collect::<Vec<_>>().join("<br>");
    format!("| {name} | {} {unit} | {goal} | 0 | {said} | {commit} | {sources} |\n", progress.done(part))
}
