//! The last step: nobody warned of anything but what the check did on purpose.

use anyhow::{Result, bail};

use crate::logging::heard;

/// What a step breaks on purpose, and what those who notice it may say. Anything else is a fault of the stack, or of whoever warns.
const CAUSES: &[(&str, &[&str])] = &[
    ("a replica is killed, twice", &["a replica is down", "replacing a replica"]),
    ("on ECS, a node is ended", &["a node could not be given what it lacks"]),
    ("three blocks are taken back", &["a reorg removed a transaction", "the chain has lost blocks that held our transactions"]),
];

pub fn nothing_else_warned() -> Result<String> {
    let lines = heard::lines();
    let is_expected = |line: &&String| CAUSES.iter().any(|(_, texts)| texts.iter().any(|text| line.contains(text)));
    let (expected, unexpected): (Vec<&String>, Vec<&String>) = lines.iter().partition(is_expected);
    if let Some(first) = unexpected.first() {
        bail!("{} warnings of which the check is not the cause, the first: {first}", unexpected.len());
    }
    let causes: Vec<&str> = CAUSES.iter().map(|(cause, _)| *cause).collect();
    Ok(format!("{} warnings, all because {}", expected.len(), causes.join(" or ")))
}
