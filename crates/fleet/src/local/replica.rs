//! One replica's files, and how it is started.

use std::{
    fs, io,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use linkpool_db::fleet::Release;
use linkpool_process::{Adopted, Life, Process};
use tokio::time::timeout;

use super::{
    config::LocalConfig,
    files::{Directory, failed, replica_id},
    launcher::{Launch, ReplicaLocation},
    log,
};
use crate::{Error, Result, SetKey, look::Answers};

/// A launcher's steps have limits of their own; this one is for all of them together.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub(super) struct Replica {
    pub config: Arc<LocalConfig>,
    pub location: ReplicaLocation,
    pub log_file: PathBuf,
    /// What it is started with; `None` for what the settings say.
    release: Option<Release>,
    /// By which it is found again.
    trace: PathBuf,
}

/// One that runs already: its process, how often it was started, and where it answers.
#[derive(Debug)]
pub(super) struct Running {
    pub process: Process,
    pub starts: u64,
    pub answers: Answers,
}

impl Replica {
    /// A replica of a set whose release is kept in its directory.
    pub fn new(config: &Arc<LocalConfig>, directory: &Directory, set: &SetKey, ordinal: u16) -> Result<Self> {
        let location = ReplicaLocation {
            node_id: set.node_id.clone(),
            generation: set.generation,
            replica_id: replica_id(set, ordinal),
            directory: directory.node(&set.node_id),
        };
        let (log_file, trace) = (location.file("log"), location.file("process"));
        Ok(Self { config: config.clone(), location, log_file, release: directory.release(set)?, trace })
    }

    /// Its process, if one runs that an earlier fleet has started.
    pub fn running(&self) -> Result<Option<Running>> {
        // To us it is a stranger, and goes on whatever becomes of us.
        let adopted = Process::adopt(&self.trace, Life::OfItsOwn).map_err(failed(&self.trace))?;
        Ok(adopted.map(|Adopted { process, note }| {
            let (starts, answers) = note.split_once(' ').unwrap_or((&note, ""));
            Running { process, starts: starts.parse().unwrap_or(1), answers: Answers::parse(answers) }
        }))
    }

    /// What it needs, and how it is started.
    pub async fn prepare(&self) -> Result<Launch> {
        let prepared = timeout(PREPARE_TIMEOUT, self.config.launcher.prepare(&self.location, self.release.as_ref())).await;
        let late = || format!("what it needs was not there after {} s", PREPARE_TIMEOUT.as_secs());
        prepared.unwrap_or_else(|_| Err(late())).map_err(|reason| Error::Unprepared { reason })
    }

    /// Starts it for the `nth` time.
    pub async fn spawn(&self, launch: &Launch, nth: u64) -> Result<Process> {
        let command = self.command(launch).map_err(failed(&self.log_file))?;
        let note = format!("{nth} {}", launch.answers.word());
        Process::start(command, self.config.life, &self.trace, &note).await.map_err(failed(&launch.program))
    }

    fn command(&self, launch: &Launch) -> io::Result<Command> {
        // The address of a killed predecessor must not be taken for this one's.
        let _ = fs::remove_file(self.location.port_file());
        let log = log::open(&self.log_file)?;
        let errors = log.try_clone()?;
        let mut command = Command::new(&launch.program);
        command.args(&launch.arguments).stdin(Stdio::null()).stdout(log).stderr(errors);
        for (name, value) in &launch.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Ok(command)
    }

    /// It was ended on purpose: there is nothing to find any more.
    pub fn forget(&self) {
        let _ = fs::remove_file(&self.trace);
    }
}
