//! How the replicas of a machine are run.

use std::{path::PathBuf, sync::Arc};

use linkpool_process::Life;

use super::launcher::Launcher;

/// How replicas are run.
#[derive(Debug, Clone)]
pub struct LocalConfig {
    /// What a node's program is.
    pub launcher: Arc<dyn Launcher>,
    /// Where each node's files live: API login, ports, logs, traces. One for all fleets of a machine.
    pub directory: PathBuf,
    /// Whether replicas outlive the fleet.
    pub life: Life,
}

impl LocalConfig {
    /// Replicas that outlive the fleet.
    pub fn new(launcher: impl Launcher + 'static, directory: PathBuf) -> Self {
        Self { launcher: Arc::new(launcher), directory, life: Life::OfItsOwn }
    }
}
