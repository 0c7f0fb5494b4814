//! The part of a report below docs/proofs that its proof writes: what stands between two marks, and nothing else.

use std::fs;

use anyhow::{Context, Result};

use crate::{
    failure::bad_input,
    shell::{self, root},
};

const END: &str = "<!-- until here -->";

/// Writes `body`, below the commit and the date, into the report of `cargo xtask prove PROOF`.
pub fn write(proof: &str, body: &str) -> Result<()> {
    let file = format!("docs/proofs/{proof}.md");
    let path = root().join(&file);
    let text = fs::read_to_string(&path).with_context(|| format!("reading {file}"))?;
    let commit = shell::output(shell::command("git").args(["rev-parse", "--short", "HEAD"]))?;
    let date = shell::output(shell::command("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
    let written = format!("Commit {}, {}. {}", commit.trim(), date.trim(), body.trim());
    let text = with(&text, proof, &written)
        .ok_or_else(|| bad_input(format!("{file} has lost the marks between which the proof writes")))?;
    fs::write(&path, text).with_context(|| format!("writing {file}"))
}

fn with(text: &str, proof: &str, written: &str) -> Option<String> {
    let begin = format!("<!-- written by `cargo xtask prove {proof}` -->");
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
        assert_eq!(with(text, "alerts", "new").as_deref(), Some(expect));
        assert_eq!(with(text, "another", "new"), None);
        assert_eq!(with("no marks", "alerts", "new"), None);
    }
}
