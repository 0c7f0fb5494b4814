//! What a proof depends on, as one fingerprint.

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::shell::{self, root};

/// A hash of the files that git has at and below these paths. Of abi/ only the contracts' code counts: a comment in them
/// proves nothing anew.
pub fn fingerprint(paths: &[&str]) -> Result<String> {
    let listed = shell::output(shell::command("git").args(["ls-files", "--"]).args(paths))?;
    let mut text = String::new();
    for path in listed.lines().filter(|path| root().join(path).is_file()) {
        let content = fs::read_to_string(root().join(path)).with_context(|| format!("reading {path}"))?;
        let content = if path.starts_with("abi/") { code(&content) } else { content };
        text.push_str(&format!("{path}\0{content}\0"));
    }
    hash(&text)
}

/// The commit that is checked out, marked if the contracts or their tests differ from it.
pub fn commit() -> Result<String> {
    let commit = shell::output(shell::command("git").args(["rev-parse", "--short=7", "HEAD"]))?;
    let changed = shell::output(shell::command("git").args(["status", "--porcelain", "--", "contracts", "tests/contracts"]))?;
    Ok(format!("{}{}", commit.trim(), if changed.is_empty() { "" } else { " with changes" }))
}

fn code(artifact: &str) -> String {
    let artifact: Value = serde_json::from_str(artifact).unwrap_or_default();
    artifact["bytecode"]["object"].as_str().unwrap_or_default().to_owned()
}

fn hash(text: &str) -> Result<String> {
    let mut git = Command::new("git");
    git.args(["hash-object", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = git.spawn().context("starting git")?;
    child.stdin.take().context("git's input")?.write_all(text.as_bytes()).context("writing to git")?;
    let output = child.wait_with_output().context("waiting for git")?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_artifact_only_the_code_counts() {
        let artifact = |note: &str, code: &str| format!(r#"{{"userdoc": "{note}", "bytecode": {{"object": "{code}"}}}}"#);
        assert_eq!(code(&artifact("a", "0x60")), code(&artifact("b", "0x60")));
        assert_ne!(code(&artifact("a", "0x60")), code(&artifact("a", "0x61")));
    }

    #[test]
    fn other_files_have_another_fingerprint() {
        assert_eq!(fingerprint(&["contracts"]).unwrap(), fingerprint(&["contracts"]).unwrap());
        assert_ne!(fingerprint(&["contracts"]).unwrap(), fingerprint(&["tests/contracts"]).unwrap());
    }
}
