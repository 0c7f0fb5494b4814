//! The commands that README.md promises have to exist.

use anyhow::{Context, Result};
use std::{fs, process::Stdio};

use crate::{COMMANDS, dev, shell};

pub fn check() -> Result<()> {
    let text = fs::read_to_string(shell::root().join("README.md")).context("reading README.md")?;
    let executable = dev::build()?;
    let mut wrong = Vec::new();
    for line in commands(&text) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let exists = match words.as_slice() {
            ["cargo", "xtask", name, ..] => COMMANDS.iter().any(|command| command.name == *name),
            ["linkpool", rest @ ..] => {
                let subcommands = rest.iter().take_while(|word| word.bytes().all(|byte| byte.is_ascii_lowercase()));
                let mut help = shell::command(&executable);
                help.args(subcommands.take(1)).arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
                help.status().is_ok_and(|status| status.success())
            }
            _ => true,
        };
        if !exists {
            wrong.push(line);
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    anyhow::bail!("README.md names commands that do not exist: {}", wrong.join("; "));
}

/// The lines of the shell blocks.
fn commands(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        match line.trim().strip_prefix("```") {
            Some(language) => inside = !inside && matches!(language, "sh" | "bash" | "console"),
            None if inside => found.push(line.trim().trim_start_matches("$ ")),
            None => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_shell_blocks_hold_commands() {
        let text = "cargo xtask prose\n```sh\ncargo xtask dev\n$ linkpool api\n```\n```rust\nlet x;\n```\nafter";
        assert_eq!(commands(text), ["cargo xtask dev", "linkpool api"]);
    }
}
