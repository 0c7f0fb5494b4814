//! One replica's files, and how it is started.

use std::{
    fs, io,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

use linkpool_process::{Adopted, Life, Process};

use super::{
    LocalConfig,
    files::{Directory, failed},
    launcher::{Launch, ReplicaLocation},
    log,
};
use crate::{Result, SetKey};

#[derive(Debug, Clone)]
pub(super) struct Replica {
    pub config: Arc<LocalConfig>,
    pub node_id: String,
    pub ordinal: u16,
    pub port_file: PathBuf,
    pub log_file: PathBuf,
    /// By which it is found again.
    trace: PathBuf,
    launch: Launch,
}

impl Replica {
    pub fn new(config: &Arc<LocalConfig>, directory: &Directory, set: &SetKey, ordinal: u16) -> Self {
        let port_file = directory.of_replica(set, ordinal, "port");
        let launch = config.launcher.launch(&ReplicaLocation {
            node_id: &set.node_id,
            generation: set.generation,
            ordinal,
            fleet_directory: directory.path(),
            credentials_file: &directory.credentials(&set.node_id),
            port_file: &port_file,
        });
        Self {
            config: config.clone(),
            node_id: set.node_id.clone(),
            ordinal,
            port_file,
            log_file: directory.of_replica(set, ordinal, "log"),
            trace: directory.of_replica(set, ordinal, "process"),
            launch,
        }
    }

    /// Its process, if one runs that an earlier fleet has started.
    pub fn running(&self) -> Result<Option<Adopted>> {
        // To us it is a stranger, and goes on whatever becomes of us.
        Process::adopt(&self.trace, Life::OfItsOwn).map_err(failed(&self.trace))
    }

    /// Starts it for the `nth` time.
    pub async fn spawn(&self, nth: u64) -> Result<Process> {
        let program = &self.launch.program;
        let command = self.command().map_err(failed(&self.log_file))?;
        Process::start(command, self.config.life, &self.trace, &nth.to_string()).await.map_err(failed(program))
    }

    fn command(&self) -> io::Result<Command> {
        // The address of a killed predecessor must not be taken for this one's.
        let _ = fs::remove_file(&self.port_file);
        let log = log::open(&self.log_file)?;
        let errors = log.try_clone()?;
        let mut command = Command::new(&self.launch.program);
        command.args(&self.launch.arguments).stdin(Stdio::null()).stdout(log).stderr(errors);
        Ok(command)
    }

    /// It was ended on purpose: there is nothing to find any more.
    pub fn forget(&self) {
        let _ = fs::remove_file(&self.trace);
    }
}
