//! Rules over the text of our own files.

use anyhow::{Context, Result};
use std::fs;

use crate::shell::{self, root};

/// How long a file may be. A contract is one file, and its interface holds the documentation of all of it.
const MAX_LINES: [(&str, usize); 6] = [(".rs", 500), (".sol", 600), (".ts", 500), (".tsx", 500), (".mjs", 500), (".css", 500)];
const IS_TEXT: [&str; 14] =
    [".rs", ".sol", ".ts", ".tsx", ".mjs", ".js", ".css", ".html", ".sql", ".toml", ".sh", ".md", ".yml", ".yaml"];
/// No text of ours, but its names are.
const API: &str = "docs/openapi.json";
/// Split, so that this file does not break its own rule.
const UNFINISHED: [&str; 5] =
    [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("HA", "CK"), concat!("todo", "!("), concat!("unimplemented", "!(")];
/// What only those who hold a provider may write.
const PROVIDER: [&str; 3] = [concat!("alloy::", "providers"), concat!("alloy::", "transports"), concat!("alloy_", "provider")];
const MAY_HOLD_A_PROVIDER: [&str; 3] = ["crates/chain/", "crates/testkit/", "crates/xtask/"];
const HOSTS: [&str; 3] = ["127.0.0.1:", "localhost:", "0.0.0.0:"];

/// One file of the repository, by its path from the root.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// All text files that git has or would take.
    pub fn all() -> Result<Vec<Self>> {
        let mut git = shell::command("git");
        let listed = shell::output(git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]))?;
        let mut sources = Vec::new();
        for path in listed.split('\0').filter(|path| *path == API || IS_TEXT.iter().any(|end| path.ends_with(end))) {
            // A file that was deleted and not yet committed is still listed.
            if root().join(path).is_file() {
                let text = fs::read_to_string(root().join(path)).with_context(|| format!("reading {path}"))?;
                sources.push(Self { path: path.to_owned(), text });
            }
        }
        Ok(sources)
    }

    fn is_test(&self) -> bool {
        let in_folder = |folder: &str| self.path.starts_with(&format!("{folder}/")) || self.path.contains(&format!("/{folder}/"));
        in_folder("tests") || in_folder("test") || self.path.ends_with(".t.sol") || self.path.ends_with("tests.rs")
    }
}

pub fn check(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .flat_map(|source| [length(source), unfinished(source), provider(source), fixed_port(source)])
        .flatten()
        .collect()
}

fn length(source: &Source) -> Option<String> {
    let (_, most) = MAX_LINES.iter().find(|(end, _)| source.path.ends_with(end))?;
    let lines = source.text.lines().count();
    let generated = source.text.lines().take(5).any(|line| line.contains("auto-generated"));
    let is_long = lines > *most && !source.is_test() && !generated;
    is_long.then(|| format!("{}: {lines} lines, more than {most}: split it by concept", source.path))
}

fn unfinished(source: &Source) -> Option<String> {
    let (number, word) = find(source, &UNFINISHED, |line, at, word| {
        let part_of_a_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let bytes = line.as_bytes();
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !part_of_a_word(before) && (word.ends_with('(') || !part_of_a_word(bytes.get(at + word.len())))
    })?;
    Some(format!("{}:{number}: `{word}`: finish it or say what the limit is", source.path))
}

fn provider(source: &Source) -> Option<String> {
    if !source.path.ends_with(".rs") || MAY_HOLD_A_PROVIDER.iter().any(|crate_path| source.path.starts_with(crate_path)) {
        return None;
    }
    let (number, word) = find(source, &PROVIDER, |_, _, _| true)?;
    Some(format!("{}:{number}: `{word}`: only crates/chain holds a provider", source.path))
}

/// A test that listens on a port it chose itself fails beside another one. Ports of one digit, where nothing listens, may
/// be named as addresses that do not answer.
fn fixed_port(source: &Source) -> Option<String> {
    if !source.is_test() {
        return None;
    }
    let (number, _) = find(source, &HOSTS, |line, at, host| {
        let digits: String = line[at + host.len()..].chars().take_while(char::is_ascii_digit).collect();
        digits.len() > 1
    })?;
    Some(format!("{}:{number}: a fixed port in a test: bind port 0 and ask which one it became", source.path))
}

/// The first line that holds one of the words where `counts` agrees, numbered from 1.
fn find<'a>(source: &Source, words: &[&'a str], counts: impl Fn(&str, usize, &str) -> bool) -> Option<(usize, &'a str)> {
    source.text.lines().zip(1..).find_map(|(line, number)| {
        let word = words.iter().find(|word| line.match_indices(**word).any(|(at, _)| counts(line, at, word)))?;
        Some((number, *word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(path: &str, text: &str) -> usize {
        check(&[Source { path: path.to_owned(), text: text.to_owned() }]).len()
    }

    #[test]
    fn a_long_file_is_refused_unless_it_is_a_test_or_generated() {
        let long = "line\n".repeat(501);
        assert_eq!(broken("crates/db/src/x.rs", &long), 1);
        assert_eq!(broken("crates/db/tests/it/x.rs", &long), 0);
        assert_eq!(broken("web/src/x.ts", &format!("// auto-generated\n{long}")), 0);
        assert_eq!(broken("crates/db/src/x.rs", &"line\n".repeat(500)), 0);
        assert_eq!(broken("contracts/x.sol", &"line\n".repeat(600)), 0);
        assert_eq!(broken("contracts/x.sol", &"line\n".repeat(601)), 1);
    }

    #[test]
    fn unfinished_work_is_found_as_a_word_only() {
        let word = UNFINISHED[0];
        assert_eq!(broken("contracts/x.sol", &format!("// {word}: later")), 1);
        assert_eq!(broken("contracts/x.sol", &format!("{word}ist {word}_LIST")), 0);
        assert_eq!(broken("crates/db/src/x.rs", &format!("{});", UNFINISHED[3])), 1);
    }

    #[test]
    fn only_chain_holds_a_provider() {
        let text = format!("use {}::Provider;", PROVIDER[0]);
        assert_eq!(broken("crates/indexer/src/x.rs", &text), 1);
        assert_eq!(broken("crates/chain/src/x.rs", &text), 0);
    }

    #[test]
    fn a_test_takes_its_ports_from_the_system() {
        assert_eq!(broken("tests/it/x.rs", &format!("\"{}8545\"", HOSTS[0])), 1);
        assert_eq!(broken("tests/it/x.rs", &format!("\"{}0\" \"{}{{port}}\"", HOSTS[0], HOSTS[1])), 0);
        assert_eq!(broken("crates/cli/src/x.rs", &format!("\"{}8080\"", HOSTS[0])), 0);
    }
}
