//! The program that measures on the replay chain (`crates/replay/benches/measure`), built as the product is released.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};
use serde_json::Value;

use super::Row;
use crate::{install, shell};

pub fn program() -> Result<Command> {
    install::packages()?;
    Ok(shell::command(build()?))
}

/// Runs it with what was asked for; `row_of` makes a row of each that it reports.
pub fn rows(program: &mut Command, arguments: &[String], row_of: impl Fn(&Value) -> Option<Row>) -> Result<Vec<Row>> {
    let text = shell::output(program.args(arguments.iter().filter(|argument| *argument != "--json")))?;
    let report: Value = serde_json::from_str(&text).context("the report of the benchmark")?;
    let commit = shell::output(shell::command("git").args(["describe", "--always", "--dirty", "--abbrev=12"]))?;
    eprintln!("measured at commit {} in a release build: {}", commit.trim(), report["measured"]);
    let rows = report["rows"].as_array().context("a report with rows")?;
    rows.iter().map(|row| row_of(row).context("a row with a name and a figure")).collect()
}

/// The unit that the end of a row's name says.
pub fn unit(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('_')?.1 {
        "s" if name.ends_with("_per_s") => "/s",
        "s" => "s",
        "block" => "",
        "mb" => "MB",
        "ms" => "ms",
        _ => "x",
    })
}

/// The measuring program and the chain's server beside it.
fn build() -> Result<PathBuf> {
    let mut cargo = shell::cargo();
    cargo.args(["build", "--release", "--workspace", "--bin", "linkpool-replay", "--bench", "measure"]);
    let text = shell::output(cargo.arg("--message-format=json-render-diagnostics"))?;
    let messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let built = messages.filter(|message| message["target"]["name"] == "measure" && message["target"]["kind"][0] == "bench");
    let mut paths = built.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    paths.next_back().context("cargo named no executable of the benchmark")
}
