//! What an executable without the feature `dev` must not have in it: the demo wallet, and the command that serves it.

use anyhow::{Context, Result, ensure};

use crate::{
    count::Count,
    shell::{self, built, cargo},
};

/// Stands in `web/dev/wallet.js`.
const MARKER: &[u8] = b"linkpool-demo-wallet";

/// Builds it and looks inside.
pub fn run(_: &[String]) -> Result<Count> {
    // The workspace as everywhere else, so that the dependencies are not built again; only our own crates differ.
    shell::run(cargo().args(["build", "--workspace", "--bin", "linkpool"]))?;
    let executable = built("linkpool")?;
    let bytes = std::fs::read(&executable).with_context(|| format!("reading {}", executable.display()))?;
    ensure!(!bytes.windows(MARKER.len()).any(|window| window == MARKER), "the executable holds the demo wallet");
    let output = shell::command(executable).arg("dev").output().context("running `linkpool dev`")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(2) && said.contains("unrecognized subcommand 'dev'"), "`linkpool dev` is there: {said}");
    Ok(Count { passed: 2, failed: 0 })
}
