//! The backend that needs nothing else on the machine: replicas are child processes of the fleet role.
//!
//! The children end with this process, however it ends, so what is listed is always all there is. A replica that dies is
//! started again by its supervisor. After a restart of the fleet every set is made anew; the replicas find their wallet
//! in the node's own database, whose lease keeps a straggler of the predecessor from serving next to them.

mod backoff;
mod files;
mod probe;
mod supervisor;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use linkpool_chainlink::{
    Secret,
    client::{Limits, Transport},
};
use tokio::sync::{Mutex, Notify};

use self::{
    files::Directory,
    supervisor::{Launch, Supervisor},
};
use crate::{Error, ObservedSet, Provisioner, Result, SetKey, SetSpec};

/// How replicas are run.
#[derive(Debug, Clone)]
pub struct LocalConfig {
    /// The program of a replica, with the arguments that come before those of `standin-node`.
    pub program: PathBuf,
    pub arguments: Vec<String>,
    /// Where each node's files live: API login, ports, logs.
    pub directory: PathBuf,
    /// The server and database that hold one schema for each node.
    pub node_database_url: Secret,
    /// The EVM chain of the nodes.
    pub chain_id: u64,
    /// How long a node's database lease outlives its last renewal: the time to fail over after a crash.
    pub lease_duration: Duration,
    /// Time between renewals of it; at most half of its duration.
    pub lease_refresh: Duration,
    /// How long a replica may take to end when asked.
    pub stop_grace: Duration,
}

impl LocalConfig {
    /// A node's usual lease, and stand-in nodes of the executable `program`.
    pub fn new(program: PathBuf, directory: PathBuf, node_database_url: Secret, chain_id: u64) -> Self {
        Self {
            program,
            arguments: vec!["standin-node".into()],
            directory,
            node_database_url,
            chain_id,
            lease_duration: Duration::from_secs(10),
            lease_refresh: Duration::from_secs(1),
            stop_grace: Duration::from_secs(5),
        }
    }
}

/// Longest one probe of a replica may take.
const PROBE_LIMITS: Limits = Limits {
    connect_timeout: Duration::from_secs(1),
    request_timeout: Duration::from_secs(2),
    body_bytes: 1 << 16,
    login_interval: Duration::from_secs(20),
};

/// The replicas that are children of this process.
#[derive(Debug)]
pub struct LocalBackend {
    config: Arc<LocalConfig>,
    directory: Directory,
    transport: Transport,
    changed: Arc<Notify>,
    sets: Mutex<HashMap<SetKey, Vec<Supervisor>>>,
}

impl LocalBackend {
    /// Takes the directory. Nothing is started yet.
    ///
    /// # Errors
    /// [`Error::DirectoryInUse`] while another fleet runs out of it, [`Error::File`] if it can't be used.
    pub fn new(config: LocalConfig) -> Result<Self> {
        let directory = Directory::take(&config.directory)?;
        directory.write_database_url(&config.node_database_url)?;
        let transport = Transport::new(PROBE_LIMITS)?;
        Ok(Self { config: Arc::new(config), directory, transport, changed: Arc::default(), sets: Mutex::default() })
    }
}

#[async_trait]
impl Provisioner for LocalBackend {
    async fn ensure_set(&self, spec: &SetSpec) -> Result<()> {
        let mut sets = self.sets.lock().await;
        if sets.contains_key(&spec.key) {
            return Ok(());
        }
        let node = self.directory.node(&spec.key.node_id)?;
        let start = |slot| {
            let launch = Launch::new(&self.config, &self.directory, &node, &spec.key, slot);
            Supervisor::start(launch, self.transport.clone(), self.changed.clone())
        };
        sets.insert(spec.key.clone(), (0..spec.replica_count).map(start).collect());
        Ok(())
    }

    async fn observe(&self) -> Result<Vec<ObservedSet>> {
        let sets = self.sets.lock().await;
        let observed = |(key, replicas): (&SetKey, &Vec<Supervisor>)| ObservedSet {
            key: key.clone(),
            replicas: replicas.iter().map(Supervisor::observe).collect(),
        };
        Ok(sets.iter().map(observed).collect())
    }

    async fn replace(&self, set: &SetKey, slot: u16, why: &str) -> Result<()> {
        let sets = self.sets.lock().await;
        let unknown = || Error::UnknownReplica { node_id: set.node_id.clone(), slot };
        let replica = sets.get(set).and_then(|replicas| replicas.get(usize::from(slot))).ok_or_else(unknown)?;
        tracing::warn!(node = set.node_id, slot, why, "replacing a replica");
        replica.replace();
        Ok(())
    }

    async fn delete_set(&self, set: &SetKey) -> Result<()> {
        let replicas = self.sets.lock().await.remove(set);
        stop_all(replicas.into_iter().flatten()).await;
        Ok(())
    }

    async fn changed(&self) {
        self.changed.notified().await;
    }

    async fn close(&self) {
        let sets: Vec<_> = self.sets.lock().await.drain().collect();
        stop_all(sets.into_iter().flat_map(|(_, replicas)| replicas)).await;
    }
}

/// Asks all to end before waiting for the first: together they take one grace, not one each.
async fn stop_all(replicas: impl Iterator<Item = Supervisor>) {
    let replicas: Vec<Supervisor> = replicas.collect();
    for replica in &replicas {
        replica.ask_to_stop();
    }
    for replica in replicas {
        replica.stopped().await;
    }
}
