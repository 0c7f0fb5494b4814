//! What Postgres itself answers on this machine to as many clients: its own benchmark's prepared select of a row by its key.

use std::{env, process::Command};

use anyhow::{Context, Result, ensure};

use super::Arguments;
use crate::fixture::BenchFixture;

/// Rows of a hundred thousand.
const SCALE: &str = "10";

pub fn selects(fixture: &BenchFixture, arguments: &Arguments) -> Result<f64> {
    let url = fixture.postgres.create_database("pgbench")?;
    pgbench(&["-i", "-q", "-s", SCALE, &url])?;
    let (clients, seconds) = (arguments.connections.to_string(), arguments.seconds.to_string());
    let said = pgbench(&["-n", "-S", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, &url])?;
    fixture.postgres.drop_database("pgbench")?;
    rate(&said).with_context(|| format!("pgbench named no rate: {said}"))
}

fn pgbench(arguments: &[&str]) -> Result<String> {
    let program =
        env::var_os("LINKPOOL_PGBENCH").context("LINKPOOL_PGBENCH names no pgbench; `cargo xtask bench api` sets it")?;
    let output = Command::new(program).args(arguments).output().context("starting pgbench")?;
    ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `tps = 43660.1 (without initial connection time)`
fn rate(said: &str) -> Option<f64> {
    said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
}
