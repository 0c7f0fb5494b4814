//! What pairs of a node take: a real one (`--executable PATH`), else the stand-in called as the node is.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use anyhow::{Context, Result};

use super::row::{Row, printed};
use crate::{
    dev,
    failure::bad_input,
    install,
    prove::node_program,
    shell::{self, root},
    test::package,
};

const PAIR: (&str, &str) = ("linkpool-fleet", "real::measure::how_long_a_pair_takes_to_boot_and_to_take_over_and_what_it_holds");
const JOURNEY: (&str, &str) =
    ("linkpool-cli", "real::journey::how_long_it_takes_from_the_call_to_an_open_node_and_from_a_request_to_its_answer");

/// What a real node should take at most, with blocks of a second.
const AIMS: [(&str, &str); 5] = [
    ("boot_s", "call to a healthy pair; aim 7"),
    ("rss_mb_per_node", "both processes, a minute after boot; aim 300"),
    ("takeover_kill_s", "the longest of five; aim 5"),
    ("takeover_term_s", "the longest of five; aim 3"),
    ("scale_to_open_s", "the longest of five; aim 15"),
];

pub fn run(arguments: &[String]) -> Result<Vec<Row>> {
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder)?;
    let named = arguments.iter().position(|argument| argument == "--executable");
    let program = match named {
        Some(at) => {
            let path = arguments.get(at + 1).ok_or_else(|| bad_input("name the node's program: --executable PATH"))?;
            node_program(path)?.0
        }
        None => folder.join("standin"),
    };
    let executable = dev::build()?;
    if named.is_none() {
        standin(&program, &executable)?;
    }
    let postgres = install::node_postgres()?;
    let mut rows = Vec::new();
    for (package, test) in [PAIR, JOURNEY] {
        let tests = package::program(&[package], "it-", &[])?;
        let mut command = shell::command(&tests.path);
        command.current_dir(&tests.folder).args(["--ignored", "--exact", test, "--nocapture"]).env("LINKPOOL_BIN", &executable);
        command.env("LINKPOOL_CHAINLINK", &program).env("LINKPOOL_NODE_POSTGRES", &postgres);
        if named.is_none() {
            command.env("LINKPOOL_STANDIN", "1");
        }
        rows.extend(printed(&shell::output(&mut command)?, row)?);
    }
    Ok(rows)
}

/// A program that is called as a node is.
fn standin(path: &Path, linkpool: &Path) -> Result<()> {
    fs::write(path, format!("#!/bin/sh\nexec '{}' standin-chainlink \"$@\"\n", linkpool.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).context("the stand-in's file")
}

fn row(name: &str, value: f64, unit: &str) -> Row {
    let note = AIMS.iter().find(|(known, _)| *known == name).map(|(_, note)| (*note).to_owned()).unwrap_or_default();
    Row { name: name.to_owned(), value, unit: if unit == "MB" { "MB" } else { "s" }, note, more: Vec::new() }
}
