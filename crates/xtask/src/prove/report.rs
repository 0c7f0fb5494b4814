//! The part of a report below docs/proofs that its proof writes: what stands between two marks, and nothing else.

use std::fs;

use anyhow::{Context, Result};

use super::ledger::now;
use crate::{failure::bad_input, shell::root};

const END: &str = "<!-- until here -->";

/// Writes `body`, below the commit and the date, into the report of `cargo xtask prove PROOF`; of a part of it, into that part's section.
pub fn write(proof: &str, part: Option<&str>, body: &str) -> Result<()> {
    let file = format!("docs/proofs/{proof}.md");
    let path = root().join(&file);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {file}"))?;
    let text = with(&text, proof, part, &format!("Commit {}. {}", now()?, body.trim()))
        .ok_or_else(|| bad_input(format!("{file} has lost the marks between which the proof writes")))?;
    fs::write(&path, text).with_context(|| format!("writing {file}"))
}

fn with(text: &str, proof: &str, part: Option<&str>, written: &str) -> Option<String> {
    let part = part.map(|part| format!(": {part}")).unwrap_or_default();
    let begin = format!("<!-- written by `cargo xtask prove {proof}`{part} -->");
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{begin}\n\n{written}\n\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written() {
        let text = "above\n<!-- written by `cargo xtask prove alerts` -->\nold\n<!-- until here -->\nbelow\n";
        let expect = "above\n<!-- written by `cargo xtask prove alerts` -->\n\nnew\n\n<!-- until here -->\nbelow\n";
        assert_eq!(with(text, "alerts", None, "new").as_deref(), Some(expect));
        assert_eq!(with(text, "another", None, "new"), None);
        assert_eq!(with("no marks", "alerts", None, "new"), None);
    }

    #[test]
    fn a_part_has_a_section_of_its_own() {
        let section = |part: &str, body: &str| {
            format!("<!-- written by `cargo xtask prove chains`: {part} -->\n\n{body}\n\n<!-- until here -->\n")
        };
        let text = section("hardhat", "old") + &section("geth", "kept");
        let expect = section("hardhat", "new") + &section("geth", "kept");
        assert_eq!(with(&text, "chains", Some("hardhat"), "new"), Some(expect));
        assert_eq!(with(&text, "chains", None, "new"), None);
    }
}
