//! How many tests held, read from what the test programs print.

use anyhow::Result;
use std::{ops::AddAssign, process::Command};

use crate::{failure::counted, shell};

/// Tests that held and tests that did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
}

impl Count {
    pub const ONE_PASSED: Self = Self { passed: 1, failed: 0 };
    pub const ONE_FAILED: Self = Self { passed: 0, failed: 1 };

    /// Prints it, as the output's last line.
    pub fn close(self) -> Result<()> {
        println!("{self}");
        if self.failed > 0 { Err(counted()) } else { Ok(()) }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// Runs a test program, shows what it prints, and counts.
pub fn run_counted(command: &mut Command, read: impl FnMut(&str) -> Option<Count>) -> Result<Count> {
    tally(|look| shell::run_watched(command, look), read)
}

/// Counts what a test program prints. A failure that no count shows, a compile error or a crash for one, counts as one failed test.
pub fn tally(
    run: impl FnOnce(&mut dyn FnMut(&str)) -> Result<bool>,
    mut read: impl FnMut(&str) -> Option<Count>,
) -> Result<Count> {
    let mut count = Count::default();
    let succeeded = run(&mut |line| count += read(&plain(line)).unwrap_or_default())?;
    if !succeeded && count.failed == 0 {
        count += Count::ONE_FAILED;
    }
    Ok(count)
}

/// `test result: ok. 8 passed; 0 failed; 1 ignored; ...`
pub fn cargo_test(line: &str) -> Option<Count> {
    line.strip_prefix("test result: ").map(|rest| Count { passed: before(rest, "passed"), failed: before(rest, "failed") })
}

/// `Ran 3 test suites in 1.21s (2.3s CPU time): 45 tests passed, 0 failed, 0 skipped (45 total tests)`
pub fn forge(line: &str) -> Option<Count> {
    let rest = line.strip_prefix("Ran ").and_then(|rest| rest.split_once("): ")).map(|(_, rest)| rest)?;
    rest.contains("total tests").then(|| Count { passed: before(rest, "tests"), failed: before(rest, "failed") })
}

/// `37 lemmas proven, 0 failed`
pub fn lemmas(line: &str) -> Option<Count> {
    line.contains(" lemmas proven, ").then(|| Count { passed: before(line, "lemmas"), failed: before(line, "failed") })
}

/// `# pass 5` and `# fail 0` of node:test, which a terminal gets with another mark.
pub fn node_test(line: &str) -> Option<Count> {
    let rest = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ "))?;
    let (word, number) = rest.split_once(' ')?;
    let number = number.trim().parse().ok()?;
    match word {
        "pass" => Some(Count { passed: number, failed: 0 }),
        "fail" | "cancelled" => Some(Count { passed: 0, failed: number }),
        _ => None,
    }
}

fn before(text: &str, word: &str) -> u64 {
    let words: Vec<&str> = text.split([' ', ',', ';', ':']).filter(|word| !word.is_empty()).collect();
    let found = words.windows(2).find(|pair| pair[1] == word);
    found.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// The line without a terminal's colours.
pub fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_the_closing_lines_of_each_test_program() {
        let check = |read: fn(&str) -> Option<Count>, line: &str, expect: Option<(u64, u64)>| {
            assert_eq!(read(&plain(line)), expect.map(|(passed, failed)| Count { passed, failed }), "{line}");
        };
        check(cargo_test, "test result: ok. 8 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out", Some((8, 0)));
        check(cargo_test, "test result: \u{1b}[31mFAILED\u{1b}(B\u{1b}[m. 15 passed; 2 failed; 1 ignored", Some((15, 2)));
        check(cargo_test, "test a::b ... ok", None);
        check(
            forge,
            "Ran 3 test suites in 1.21s (2.3s CPU time): 45 tests passed, 1 failed, 0 skipped (46 total tests)",
            Some((45, 1)),
        );
        check(forge, "Ran 9 tests for tests/contracts/Gas.t.sol:GasTest", None);
        check(forge, "Suite result: ok. 9 passed; 0 failed; 0 skipped; finished in 2.10ms", None);
        check(lemmas, "36 lemmas proven, 1 failed", Some((36, 1)));
        check(lemmas, "proven a juel staked is at least one share (2)", None);
        check(node_test, "# pass 5", Some((5, 0)));
        check(node_test, "ℹ fail 2", Some((0, 2)));
        check(node_test, "# tests 7", None);
    }
}
