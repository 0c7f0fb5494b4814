//! Measurements of fleets, each a test that prints its rows; and the program that a node of theirs is.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::row::{Row, printed};
use crate::{
    dev, install,
    shell::{self, root},
    test::package,
};

/// A crate and a test of it.
pub type Measurement = (&'static str, &'static str);

/// Of stand-ins alone: what a fleet of them takes at the times that an operator has.
pub const STATISTICS: [Measurement; 3] = [
    ("linkpool-fleet", "campaign::statistics::how_long_a_roll_out_and_a_replacement_take_and_how_long_nobody_serves"),
    ("linkpool-fleet", "campaign::thousand::how_long_a_thousand_nodes_take_to_be_compared_and_what_that_holds"),
    ("linkpool-cli", "real::rollouts::how_many_requests_are_lost_while_their_nodes_are_rolled_and_replaced"),
];

/// What it should take at most, with blocks of a second.
const AIMS: [(&str, &str); 12] = [
    ("boot_s", "call to a healthy pair; aim 7"),
    ("rss_mb_per_node", "both processes, a minute after boot; aim 300"),
    ("takeover_kill_s", "the longest of five; aim 5"),
    ("takeover_term_s", "the longest of five; aim 3"),
    ("scale_to_open_s", "the longest of five; aim 15"),
    ("rollout_gap_ms", "p95 of five nodes, from the old pair's last answer to the new one's first; aim 2500"),
    ("rollout_s", "the longest of five nodes, without the bake; aim 65"),
    ("replace_s", "a killed standby until another waits, the longest of five nodes; aim 3"),
    ("reconcile_1000_s", "one pass over 1,000 nodes, the longest of twenty; aim 2"),
    ("rss_mb", "of a process with a fleet of 1,000 nodes; aim 150"),
    ("requests_lost", "not answered within the Operator's 300 s; aim 0"),
    ("requests_answer_p95_s", "during roll-outs and kills"),
];

/// What the nodes are.
pub enum Node {
    Real(PathBuf),
    Standin(PathBuf),
}

impl Node {
    /// A program that is called as a node is.
    pub fn standin() -> Result<Self> {
        let folder = root().join("target/bench");
        fs::create_dir_all(&folder)?;
        let (path, linkpool) = (folder.join("standin"), dev::build()?);
        fs::write(&path, format!("#!/bin/sh\nexec '{}' standin-chainlink \"$@\"\n", linkpool.display()))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).context("the stand-in's file")?;
        Ok(Self::Standin(path))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Real(path) | Self::Standin(path) => path,
        }
    }
}

/// Runs them one after the other.
pub fn measured<'a>(measurements: impl Iterator<Item = &'a Measurement>, node: &Node) -> Result<Vec<Row>> {
    let (executable, postgres) = (dev::build()?, install::node_postgres()?);
    let mut rows = Vec::new();
    for (name, test) in measurements {
        let tests = package::program(&[*name], "it-", &[])?;
        let mut command = shell::command(&tests.path);
        command.current_dir(&tests.folder).args(["--ignored", "--exact", test, "--nocapture"]).env("LINKPOOL_BIN", &executable);
        command.env("LINKPOOL_CHAINLINK", node.path()).env("LINKPOOL_NODE_POSTGRES", &postgres);
        if matches!(node, Node::Standin(_)) {
            command.env("LINKPOOL_STANDIN", "1");
        }
        rows.extend(printed(&shell::output(&mut command)?, row)?);
    }
    Ok(rows)
}

fn row(name: &str, value: f64, unit: &str) -> Row {
    let note = AIMS.iter().find(|(known, _)| *known == name).map(|(_, note)| (*note).to_owned()).unwrap_or_default();
    let unit = ["ms", "s", "MB"].into_iter().find(|known| *known == unit).unwrap_or_default();
    Row { name: name.to_owned(), value, unit, note, more: Vec::new() }
}
