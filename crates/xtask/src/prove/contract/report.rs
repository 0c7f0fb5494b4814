//! The table in docs/proofs/contract.md: what is proven, of which commit, and how to prove it again.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use super::{progress::Progress, run::Part, sources};
use crate::shell::root;

const FILE: &str = "docs/proofs/contract.md";
const BEGIN: &str = "<!-- written by `cargo xtask prove contract`: begin -->";
const END: &str = "<!-- written by `cargo xtask prove contract`: end -->";

/// Writes the table anew. A row that was written elsewhere stays for as long as it is of the sources as they are; what is not
/// proven of them is said to be open.
pub fn refresh(parts: &[Part], progress: &Progress) -> Result<()> {
    let text = fs::read_to_string(root().join(FILE)).with_context(|| format!("reading {FILE}"))?;
    let mut lines = vec![
        "| part | what is proven | result | commit | date | sources | this part alone |".to_owned(),
        "| --- | --- | --- | --- | --- | --- | --- |".to_owned(),
    ];
    for part in parts {
        lines.push(row(part, progress, &text)?);
    }
    let written = with_table(&text, &lines.join("\n")).with_context(|| format!("{FILE} has no place for the table: {BEGIN}"))?;
    fs::write(root().join(FILE), written).with_context(|| format!("writing {FILE}"))
}

fn row(part: &Part, progress: &Progress, text: &str) -> Result<String> {
    let Part { name, about, command, .. } = part;
    let sources = sources::fingerprint(part.sources)?;
    let steps = progress.steps(name, &sources)?;
    let short = sources.get(..7).unwrap_or(&sources);
    let (result, commit, date) = match progress.proof(name, &sources)? {
        Some(proof) => (proof.result, proof.commit, proof.date),
        None => match kept(text, name, short).filter(|_| steps.is_empty()) {
            Some(row) => return Ok(row.to_owned()),
            None => (so_far(&steps), String::new(), String::new()),
        },
    };
    Ok(format!("| {name} | {about} | {result} | {commit} | {date} | {short} | `{command}` |"))
}

/// The row of a part in the report as it is, if it is of these sources.
fn kept<'a>(text: &'a str, name: &str, sources: &str) -> Option<&'a str> {
    text.lines().find(|line| line.starts_with(&format!("| {name} | ")) && line.contains(&format!(" | {sources} | ")))
}

/// What there is of a proof that has not been finished.
fn so_far(steps: &[Value]) -> String {
    let runs: u64 = steps.iter().filter_map(|step| step["runs"].as_u64()).sum();
    let histories: u64 = steps.iter().filter_map(|step| step["histories"].as_u64()).sum();
    match (runs + histories, steps.len()) {
        (0, 0) => "to be run on these sources".to_owned(),
        (0, variants) => format!("{variants} variants seen red so far"),
        (runs, _) => format!("{runs} runs without a violation so far"),
    }
}

fn with_table(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{table}\n\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written() {
        let text = format!("above\n{BEGIN}\nold\n{END}\nbelow\n");
        assert_eq!(with_table(&text, "new").unwrap(), format!("above\n{BEGIN}\n\nnew\n\n{END}\nbelow\n"));
        assert_eq!(with_table("no marks", "new"), None);
    }

    #[test]
    fn a_row_stays_while_its_sources_are_what_they_were() {
        let row = "| lemmas | about | 37 proven | 853b91b | 2026-11-22 | d19474b | `command` |";
        let text = format!("above\n{row}\nbelow\n");
        assert_eq!(kept(&text, "lemmas", "d19474b"), Some(row));
        assert_eq!(kept(&text, "lemmas", "0000000"), None);
        assert_eq!(kept(&text, "leave", "d19474b"), None);
    }
}
