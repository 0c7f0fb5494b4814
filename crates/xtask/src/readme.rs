//! The commands that README.md and CONTRIBUTING.md promise have to exist.

use anyhow::{Context, Result, bail, ensure};
use std::{fs, process::Stdio};

use crate::{dev, shell};

const FILES: [&str; 2] = ["README.md", "CONTRIBUTING.md"];
const OURS: [&str; 2] = ["cargo xtask ", "linkpool "];

pub fn check() -> Result<()> {
    let executable = dev::build()?;
    // By its name: a build that `check` ran may have put another file in the place of the one that we are.
    let usage = shell::output(shell::command(shell::built_program("xtask")?).arg("help").stdin(Stdio::null()))?;
    let has_help = |subcommands: &[&str]| {
        let mut help = shell::command(&executable);
        help.args(subcommands).arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        help.status().is_ok_and(|status| status.success())
    };
    for file in FILES {
        let text = fs::read_to_string(shell::root().join(file)).with_context(|| format!("reading {file}"))?;
        let wrong: Vec<&str> =
            commands(&text).context(file)?.into_iter().filter(|line| !exists(line, &usage, has_help)).collect();
        ensure!(wrong.is_empty(), "{file} names commands that do not exist: {}", wrong.join("; "));
    }
    Ok(())
}

/// Whether `cargo xtask` tells of the command in its usage, or `linkpool` has help for it; what is neither's is taken for granted.
fn exists(line: &str, usage: &str, has_help: impl Fn(&[&str]) -> bool) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        ["cargo", "xtask", name, ..] => {
            usage.lines().any(|line| line.starts_with("  ") && line.split_whitespace().next() == Some(*name))
        }
        [program, rest @ ..] if program.rsplit('/').next() == Some("linkpool") => {
            let is_subcommand =
                |word: &&&str| word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') && !word.starts_with('-');
            has_help(&rest.iter().take_while(is_subcommand).copied().collect::<Vec<_>>())
        }
        _ => true,
    }
}

/// The lines of the shell blocks. A command in a block that does not say that it is one would never be looked at, so it is an error.
fn commands(text: &str) -> Result<Vec<&str>> {
    let (mut block, mut found) = (None, Vec::new());
    for line in text.lines().map(str::trim) {
        let command = line.trim_start_matches("$ ");
        match (line.strip_prefix("```"), block) {
            (Some(language), None) => block = Some(language),
            (Some(_), Some(_)) => block = None,
            (None, Some("sh" | "bash" | "console")) => found.push(command),
            (None, Some("")) if OURS.iter().any(|ours| command.starts_with(ours)) => {
                bail!("the block of `{command}` has to begin with ```sh")
            }
            _ => {}
        }
    }
    found.retain(|line| !line.is_empty());
    ensure!(!found.is_empty(), "there is no block that begins with ```sh, so no command was looked at");
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shell_blocks_hold_commands() {
        let text =
            "cargo xtask prose\n```sh\ncargo xtask dev\n\n$ linkpool api\n```\n```rust\nlet x;\n```\n```\nan answer\n```\nafter";
        assert_eq!(commands(text).unwrap(), ["cargo xtask dev", "linkpool api"]);
    }

    #[test]
    fn a_file_without_commands_is_refused_and_so_is_a_command_in_another_block() {
        assert!(commands("```\nok 1 s\n```").unwrap_err().to_string().contains("no command was looked at"));
        let error = commands("```sh\ncargo xtask dev\n```\n```\ncargo xtask test\n```").unwrap_err();
        assert!(error.to_string().contains("`cargo xtask test`"), "{error}");
    }

    #[test]
    fn what_the_files_promise_today_is_found() {
        let found = |file: &str| commands(&fs::read_to_string(shell::root().join(file)).unwrap()).unwrap().join("\n");
        assert!(found("README.md").contains("target/debug/linkpool scale up --wait"));
        assert!(found("CONTRIBUTING.md").contains("cargo xtask openapi"));
    }

    #[test]
    fn a_command_that_nobody_has_is_found() {
        let usage = "usage: cargo xtask COMMAND\n  dev [ARGUMENT...]   run everything\n  test  test it";
        let has_help = |words: &[&str]| words == ["scale", "up"];
        let there = |line: &str| exists(line, usage, has_help);
        assert!(there("cargo xtask dev # run") && there("linkpool scale up --wait") && there("target/debug/linkpool scale up"));
        assert!(there("curl localhost"));
        assert!(!there("cargo xtask everything") && !there("cargo xtask usage:") && !there("linkpool scale sideways"));
    }
}
