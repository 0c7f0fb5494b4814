//! The tests of one crate alone, from the executables that the whole suite builds: nothing is compiled with other features.

use std::{path::PathBuf, process::Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{
    count::{self, Count, run_counted},
    dev, shell,
};

/// One executable with tests, and the folder of its crate, where cargo would run it.
pub struct TestProgram {
    pub path: PathBuf,
    pub folder: PathBuf,
}

/// Runs the tests of the crates with these names; the filter is a part of test names.
pub fn run(crates: &[&str], filter: &[String]) -> Result<Count> {
    run_with(crates, filter, &[], |_| ())
}

/// The same with some variables in the environment; `look` gets every line that the tests print.
pub fn run_with(crates: &[&str], filter: &[String], environment: &[(&str, String)], mut look: impl FnMut(&str)) -> Result<Count> {
    let executable = dev::build()?;
    let mut total = Count::default();
    for TestProgram { path, folder } in programs(crates)? {
        let mut program = shell::command(path);
        program.current_dir(folder).args(filter).env("LINKPOOL_BIN", &executable);
        program.envs(environment.iter().map(|(name, value)| (name, value)));
        total += run_counted(&mut program, |line| {
            look(line);
            count::cargo_test(line)
        })?;
    }
    Ok(total)
}

/// What cargo builds for these crates.
pub fn programs(crates: &[&str]) -> Result<Vec<TestProgram>> {
    programs_with(crates, &[])
}

/// The same, built in another way.
pub fn programs_with(crates: &[&str], how: &[&str]) -> Result<Vec<TestProgram>> {
    let mut cargo = shell::cargo();
    cargo.args(["test", "--workspace", "--all-features", "--no-run", "--message-format=json-render-diagnostics", "--quiet"]);
    let text = shell::output(cargo.args(how).stdin(Stdio::null()))?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let chosen = messages.filter(|message| is_test_of(message, crates));
    chosen
        .map(|message| {
            let text = |key: &str| message[key].as_str().map(PathBuf::from).with_context(|| format!("cargo names no `{key}`"));
            let folder = text("manifest_path")?.parent().context("a manifest in a folder")?.to_owned();
            Ok(TestProgram { path: text("executable")?, folder })
        })
        .collect()
}

fn is_test_of(message: &Value, crates: &[&str]) -> bool {
    let folder = |name: &str| format!("/crates/{}/Cargo.toml", name.trim_start_matches("linkpool-"));
    let manifest = message["manifest_path"].as_str().unwrap_or_default();
    message["executable"].is_string()
        && message["profile"]["test"] == Value::Bool(true)
        && crates.iter().any(|name| manifest.ends_with(&folder(name)))
}
