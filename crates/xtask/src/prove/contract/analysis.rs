//! halmos and slither, from PyPI, in an environment of their own. Both compile anew, so each gets a copy of the tree.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};

use super::run::Run;
use crate::{
    count::plain,
    failure::ended,
    install,
    prove::python,
    shell::{self, root},
};

const REQUIREMENTS: &str = "tests/contracts/analysis/requirements.txt";
/// What the analysers compile.
const TREE: [&str; 5] = ["abi", "contracts", "foundry.toml", "tests/contracts", "tools"];

/// `Symbolic test result: 8 passed; 0 failed; time: 60.86s`
pub fn halmos(run: &Run) -> Result<String> {
    let (mut result, mut halmos) = (None, analyser(run, "halmos")?);
    let held = shell::run_watched(halmos.args(["--contract", "SymbolicTest"]), |line| {
        let line = plain(line);
        if let Some((passed, _)) =
            line.strip_prefix("Symbolic test result: ").and_then(|counts| counts.split_once(" passed; 0 failed"))
        {
            result = Some(format!("{passed} proven"));
        }
    })?;
    result.filter(|_| held).ok_or_else(|| ended("halmos", 1))
}

/// `INFO:Slither:. analyzed (29 contracts with 92 detectors), 0 result(s) found`
pub fn slither(run: &Run) -> Result<String> {
    let (mut result, mut slither) = (None, analyser(run, "slither")?);
    let held = shell::run_watched(slither.args([".", "--config-file", "tests/contracts/analysis/slither.json"]), |line| {
        let line = plain(line);
        if let Some((_, counts)) = line.split_once(" analyzed (").filter(|(_, counts)| counts.ends_with(", 0 result(s) found")) {
            result = Some(counts.replace("), 0 result(s) found", ", no finding"));
        }
    })?;
    result.filter(|_| held).ok_or_else(|| ended("slither", 1))
}

/// One of the programs, in a copy of the tree, with forge on its path.
fn analyser(run: &Run, name: &str) -> Result<Command> {
    let forge = install::forge()?;
    let programs = python::environment(run.progress.folder(), REQUIREMENTS, "halmos and slither")?;
    let tree = run.progress.folder().join(format!("tree-{name}"));
    copy_tree(&tree)?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [programs.clone(), forge.parent().unwrap_or(Path::new("/")).to_owned()];
    let path = std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&path))).context("a PATH with forge")?;
    let mut command = shell::command(programs.join(name));
    command.current_dir(tree).env("PATH", path).stdin(Stdio::null());
    Ok(command)
}

fn copy_tree(tree: &Path) -> Result<()> {
    if tree.exists() {
        fs::remove_dir_all(tree).context("deleting an older copy")?;
    }
    let listed = shell::output(shell::command("git").args(["ls-files", "--"]).args(TREE))?;
    for file in listed.lines().filter(|file| root().join(file).is_file()) {
        let target = tree.join(file);
        let copied = target.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::copy(root().join(file), &target));
        copied.with_context(|| format!("copying {file}"))?;
    }
    std::os::unix::fs::symlink(root().join("node_modules"), tree.join("node_modules")).context("linking node_modules")
}
