//! Compiles the contracts into `abi/`, where the Rust build takes interface and code from: it needs no Solidity compiler.
//!
//! Beside them it writes what they were compiled from, for explorers. `linkpool-compiler` writes the files; with `--check` it says which of them are out of date. The settings are
//! foundry.toml's, so that what is deployed is what forge tested.

mod artifact;
mod imports;
mod input;
mod link_token;
mod oracle;
mod pool;
mod refusals;
mod settings;

use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = match arguments.as_slice() {
        [] => false,
        [option] if option == "--check" => true,
        _ => {
            eprintln!("usage: linkpool-compiler [--check]");
            return ExitCode::from(2);
        }
    };
    match run(check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("linkpool-compiler: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: bool) -> Result<()> {
    let root = root()?;
    let mut files = pool::compile(&root)?;
    files.extend(link_token::compile(&root)?);
    files.extend(oracle::compile(&root)?);
    let mut stale = Vec::new();
    for (name, wanted) in files {
        let path = root.join("abi").join(&name);
        let found = fs::read_to_string(&path).unwrap_or_default();
        if found == wanted {
            continue;
        }
        stale.push(format!("abi/{name}: {}", difference(&found, &wanted)));
        if !check {
            fs::create_dir_all(root.join("abi/inputs")).context("making abi/inputs")?;
            fs::write(&path, wanted).with_context(|| format!("writing {}", path.display()))?;
        }
    }
    for line in &stale {
        println!("{line}");
    }
    if check && !stale.is_empty() {
        bail!("{} files differ from what the contracts compile to: run `cargo xtask abi` and commit them", stale.len());
    }
    Ok(())
}

/// The root of the repository is where foundry.toml lies.
fn root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("the working directory")?;
    let found = here.ancestors().find(|folder| folder.join("foundry.toml").is_file()).map(Path::to_owned);
    found.context("there is no foundry.toml here or above: run this from the repository")
}

/// Where two texts part, in a line.
fn difference(found: &str, wanted: &str) -> String {
    if found.is_empty() {
        return "is missing".to_owned();
    }
    let same = found.lines().zip(wanted.lines()).take_while(|(found, wanted)| found == wanted).count();
    let line = |text: &str| text.lines().nth(same).map_or("the end".to_owned(), |line| line.trim().chars().take(60).collect());
    format!("line {}: is `{}`, should be `{}`", same + 1, line(found), line(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(difference("a\nb\nc", "a\nx\nc"), "line 2: is `b`, should be `x`");
        assert_eq!(difference("a\n", "a\nb\n"), "line 2: is `the end`, should be `b`");
        assert_eq!(difference("", "a"), "is missing");
    }
}
