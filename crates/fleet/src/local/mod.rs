//! The backend that needs nothing else on the machine: replicas are processes that the fleet starts and watches.
//!
//! They go on without the fleet. One that begins to lead finds every process that runs by the trace that it left, and takes over
//! those of its own directory and of any other directory of the machine in which nodes of the pool ran last; nothing is
//! restarted, so no lease moves. What has died meanwhile is started again. With [`Life::WithParent`] they end with the
//! fleet instead, and every set is rebuilt.
//!
//! What is listed is always all there is on this machine; on another one the lease in the node's own database keeps replicas
//! that nobody looks after from serving next to ours.

mod backoff;
mod chainlink;
mod config;
mod files;
mod keep_running;
mod launcher;
mod life;
mod location;
mod log;
mod node_program;
mod replica;
mod restore;
mod sets;
mod stop;
mod supervisor;

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use linkpool_chainlink::client::Transport;
use linkpool_db::{Database, fleet::Release};
use tokio::sync::Mutex;

pub use self::{
    chainlink::{
        Assembled, Chainlink, ChainlinkSpec, DATABASE_PREFIX, DumpFile, DumpSpec, Encryption, NO_DUMP, NodeChain, NodeEndpoint,
        Source, dump, not_older, outside_the_ephemeral, usual,
    },
    config::LocalConfig,
    launcher::{Launch, Launcher, ReplicaLocation},
    life::signs_of_life,
    node_program::NodeProgram,
    restore::{Restore, Restored},
    stop::stop_nodes,
};
use self::{
    files::Directory,
    location::Location,
    sets::{Sets, stop_all},
};
pub use crate::look::{Answers, Witness};
use crate::{
    Error, Login, ObservedSet, Provisioner, Result, Secrets, SetKey, SetSpec, Snapshot, Versions,
    look::{PROBE_LIMITS, Signals},
};
pub use linkpool_node_postgres::Contents;
pub use linkpool_process::Life;

/// More than any set has.
const MAX_REPLICAS: u16 = 8;

/// How often a fleet that can't reach its database looks whether another one waits for it.
const WANTED_INTERVAL: Duration = Duration::from_millis(250);

/// The replicas of this machine.
#[derive(Debug)]
pub struct LocalBackend {
    config: Arc<LocalConfig>,
    home: Directory,
    transport: Transport,
    signals: Signals,
    sets: Mutex<Sets>,
}

impl LocalBackend {
    /// Makes the directory. Nothing is held or started yet.
    ///
    /// # Errors
    /// [`Error::File`] if it can't be used.
    pub fn new(config: LocalConfig) -> Result<Self> {
        let home = Directory::make(&config.directory)?;
        let transport = Transport::new(PROBE_LIMITS)?;
        Ok(Self { config: Arc::new(config), home, transport, signals: Signals::default(), sets: Mutex::default() })
    }
}

#[async_trait]
impl Provisioner for LocalBackend {
    fn begin(&self, database: &Database, secrets: &Secrets) {
        self.config.launcher.begin(database, secrets);
    }

    async fn open(&self, locations: &[String]) -> Result<()> {
        let mut sets = self.sets.lock().await;
        // The nodes that ran out of another directory of this machine run there still.
        let elsewhere = locations.iter().filter_map(|location| Location::parse(location)?.here());
        let mut opened = Ok(());
        for directory in std::iter::once(self.home.clone()).chain(elsewhere) {
            opened = opened.and_then(|()| sets.hold(directory));
        }
        if opened.is_ok() {
            opened = sets.take_over(&self.config, &self.transport, &self.signals).await;
        }
        if opened.is_err() {
            let_go(&mut sets).await;
        } else if self.config.life == Life::WithParent {
            // Those of an earlier fleet would not end with this one.
            stop_all(sets.drain()).await;
        }
        opened
    }

    async fn login(&self, node_id: &str) -> Result<Option<Login>> {
        self.sets.lock().await.login(node_id)
    }

    async fn ensure_set(&self, spec: &SetSpec, login: &Login) -> Result<()> {
        let mut sets = self.sets.lock().await;
        sets.ensure(spec, login, &self.home, |directory, ordinal| {
            let replica = replica::Replica::new(&self.config, directory, &spec.key, ordinal)?;
            Ok(supervisor::Supervisor::start(replica, self.transport.clone(), &self.signals))
        })
    }

    async fn observe(&self) -> Result<Vec<ObservedSet>> {
        self.sets.lock().await.observe()
    }

    async fn replace(&self, set: &SetKey, replica_id: &str, why: &str) -> Result<()> {
        let sets = self.sets.lock().await;
        let unknown = || Error::UnknownReplica { node_id: set.node_id.clone(), replica_id: replica_id.to_owned() };
        let replica = sets.replica(set, replica_id).ok_or_else(unknown)?;
        tracing::warn!(node = set.node_id, replica = replica_id, why, "replacing a replica");
        replica.replace();
        Ok(())
    }

    fn chain_id(&self) -> u64 {
        self.config.launcher.chain_id()
    }

    async fn versions(&self, node_id: &str, release: Option<&Release>) -> Result<Versions> {
        self.config.launcher.versions(node_id, release).await.map_err(|reason| Error::Unprepared { reason })
    }

    async fn snapshot(&self, node_id: &str) -> Result<Snapshot> {
        self.config.launcher.snapshot(node_id).await.map_err(|reason| Error::Unprepared { reason })
    }

    /// Waits for none of them: another node may need the same pass, and whoever observes is told of each end.
    async fn stop_set(&self, set: &SetKey) -> Result<bool> {
        Ok(self.sets.lock().await.stop(set))
    }

    async fn delete_set(&self, set: &SetKey) -> Result<bool> {
        if !self.stop_set(set).await? {
            return Ok(false);
        }
        // Also of replicas that ended before this fleet began, of which it knows nothing.
        let ids: Vec<String> = (0..MAX_REPLICAS).map(|ordinal| files::replica_id(set, ordinal)).collect();
        let forgotten = self.config.launcher.forget(&set.node_id, &ids).await;
        forgotten.map_err(|reason| Error::Unprepared { reason })?;
        self.sets.lock().await.forget(set)?;
        Ok(true)
    }

    async fn changed(&self) {
        self.signals.changed.notified().await;
    }

    fn outage_over(&self) {
        self.signals.outage_over.notify_waiters();
    }

    async fn wanted(&self) {
        while self.config.life == Life::WithParent || !self.sets.lock().await.is_asked_for() {
            tokio::time::sleep(WANTED_INTERVAL).await;
        }
    }

    async fn leave(&self, locations: &HashMap<SetKey, String>) -> Result<()> {
        let is_elsewhere =
            |key: &SetKey| locations.get(key).and_then(|location| Location::parse(location)).is_some_and(Location::is_elsewhere);
        match stop::stop_replicas(&self.home, self.config.launcher.stop_grace(), is_elsewhere).await {
            // Another fleet of this machine looks after them, and knows where they run.
            Err(Error::DirectoryInUse { .. }) => Ok(()),
            stopped => stopped.map(|stopped| {
                if stopped > 0 {
                    tracing::warn!(stopped, "ended replicas here: another fleet runs their nodes on another machine");
                }
            }),
        }
    }

    async fn close(&self) {
        let mut sets = self.sets.lock().await;
        match self.config.life {
            Life::WithParent => stop_all(sets.drain()).await,
            Life::OfItsOwn => let_go(&mut sets).await,
        }
        sets.release();
    }
}

/// Leaves the replicas to themselves.
async fn let_go(sets: &mut Sets) {
    for replica in sets.drain() {
        replica.let_go().await;
    }
    // One that is being started right now has left its trace before somebody else holds the directory.
    if let Err(error) = linkpool_process::settled().await {
        tracing::warn!(%error, "a replica may have been started that nobody watches");
    }
    sets.release();
}
