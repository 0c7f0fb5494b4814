//! What an executable without the feature `dev` must not have in it: the demo wallet, the stand-in node, and the commands that run
//! them.

use std::{path::Path, process::Output};

use anyhow::{Context, Result, ensure};

use crate::{
    count::Count,
    shell::{self, built_program, cargo},
};

/// What stands in the sources of each thing, and nowhere else.
const MARKERS: [(&[u8], &str); 3] = [
    (b"linkpool-demo-wallet", "the demo wallet"),
    (b"LINKPOOL_STANDIN_DATABASE_URL", "the stand-in node"),
    (b"development-chain", "the stand-in node's launcher"),
];

/// Builds it and looks inside.
pub fn run(_: &[String]) -> Result<Count> {
    // The workspace as everywhere else, so that the dependencies are not built again; only our own crates differ.
    shell::run(cargo().args(["build", "--workspace", "--bin", "linkpool"]))?;
    let executable = built_program("linkpool")?;
    let bytes = std::fs::read(&executable).with_context(|| format!("reading {}", executable.display()))?;
    for (marker, what) in MARKERS {
        ensure!(!bytes.windows(marker.len()).any(|window| window == marker), "the executable holds {what}");
    }
    for command in ["dev", "standin-node"] {
        refuses(&executable, &[command], &format!("unrecognized subcommand '{command}'"))?;
    }
    // On no chain does it make up a node's program.
    for chain in ["1", "31337"] {
        refuses(&executable, &["fleet", "--chain-id", chain], "set fleet.node_program")?;
    }
    Ok(Count { passed: 7, failed: 0 })
}

/// Exit code 2 and one line with `text`.
fn refuses(executable: &Path, arguments: &[&str], text: &str) -> Result<()> {
    // Where no settings lie about.
    let mut command = shell::command(executable);
    let Output { status, stderr, .. } = command.args(arguments).current_dir("/").output().context("running linkpool")?;
    let said = String::from_utf8_lossy(&stderr);
    let line = said.lines().last().unwrap_or_default();
    ensure!(
        status.code() == Some(2) && line.contains(text),
        "`linkpool {}` does not refuse: {status}, {said}",
        arguments.join(" ")
    );
    Ok(())
}
