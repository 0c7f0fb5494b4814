//! A process under measurement: how long, how much CPU, how much memory.

use std::{fs, path::Path, process::Stdio, time::Instant};

use anyhow::{Context, Result, anyhow};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// `USER_HZ` of every Linux there is.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    pub seconds: f64,
    /// User and system, of all threads.
    pub cpu_seconds: f64,
    /// The most memory it ever held.
    pub peak_mb: f64,
}

/// A child that is killed when it is dropped.
pub struct Measured {
    child: Child,
    start: Instant,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Measured {
    pub fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let start = Instant::now();
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let lines = BufReader::new(child.stdout.take().context("its output")?).lines();
        Ok(Self { child, start, lines })
    }

    /// The next line that it prints.
    pub async fn line(&mut self) -> Result<String> {
        self.lines.next_line().await?.ok_or_else(|| anyhow!("it ended without a word"))
    }

    /// Fails when it has ended.
    pub fn running(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(anyhow!("it ended: {status}")),
        }
    }

    pub fn usage(&self) -> Result<Usage> {
        let seconds = self.start.elapsed().as_secs_f64();
        let id = self.child.id().context("a process that runs")?;
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).context("reading /proc")?;
        // The second field, the name, may hold spaces; it ends with the last parenthesis.
        let fields: Vec<&str> = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().collect()).unwrap_or_default();
        let ticks = |place: usize| fields.get(place).and_then(|ticks| ticks.parse::<f64>().ok()).context("ticks of CPU");
        let status = fs::read_to_string(format!("/proc/{id}/status")).context("reading /proc")?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse::<f64>().ok());
        Ok(Usage {
            seconds,
            cpu_seconds: (ticks(11)? + ticks(12)?) / TICKS_PER_SECOND,
            peak_mb: peak.context("its peak of memory")? / 1_024.0,
        })
    }

    pub async fn stop(mut self) -> Result<()> {
        self.child.kill().await.context("stopping it")
    }
}
