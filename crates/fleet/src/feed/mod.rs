//! What the fleet gives its nodes once they serve: users and tokens, the payment that proves a wallet, bridges and jobs.
//!
//! Each node is talked to in a task of its own, so that one that is slow or hostile holds up nobody else. Every step is written down
//! before the node is asked, by the lease, and may be done twice: whoever takes over goes on where the database says it stands.

mod access;
mod give;
mod memory;
mod pace;
mod payment;
mod session;
mod trouble;
pub(crate) mod user;
mod wanted;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use linkpool_chainlink::{SealKey, client::Transport};
use linkpool_db::Database;
use linkpool_health::DeduplicatedLogs;
use linkpool_jobs::JobSet;
use tokio::{sync::Mutex, task::JoinSet};
use tracing::Instrument as _;

use self::{
    memory::{Memory, is_due},
    session::Session,
    trouble::Trouble,
    wanted::Wanted,
};
use crate::{Result, Secrets};

/// Most nodes talked to at once.
const MAX_TASKS: usize = 32;

/// Looks after all nodes that serve.
#[derive(Debug)]
pub(crate) struct Feeder {
    seal_key: SealKey,
    transport: Transport,
    wanted: Arc<Wanted>,
    memories: HashMap<String, Arc<Mutex<Memory>>>,
    tasks: JoinSet<(String, std::result::Result<(), Trouble>)>,
    busy: HashSet<String>,
    undone: DeduplicatedLogs,
}

impl Feeder {
    pub fn new(seal_key: SealKey, transport: Transport) -> Self {
        Self {
            seal_key,
            transport,
            wanted: Arc::default(),
            memories: HashMap::new(),
            tasks: JoinSet::new(),
            busy: HashSet::new(),
            undone: DeduplicatedLogs::default(),
        }
    }

    /// A new term begins, or this one is over: what is under way is cut off, which is what a kill would be.
    pub fn begin(&mut self) {
        self.tasks.abort_all();
        self.tasks.detach_all();
        self.busy.clear();
        self.memories.clear();
    }

    /// Starts a task for each node that lacks something, as far as its last failure is long enough ago.
    ///
    /// # Errors
    /// The database's.
    pub async fn round(&mut self, database: &Database) -> Result<()> {
        self.collect();
        let nodes = database.serving_nodes().await?;
        self.read_wanted(database).await?;
        let known: HashSet<&str> = nodes.iter().map(|node| node.id.as_str()).collect();
        self.memories.retain(|id, _| known.contains(id.as_str()));
        for node in nodes {
            let memory = self.memories.entry(node.id.clone()).or_default().clone();
            // Held by the node's own task alone.
            let Ok(held) = memory.clone().try_lock_owned() else { continue };
            if self.tasks.len() >= MAX_TASKS || !is_due(&node, &held, &self.wanted) || !self.busy.insert(node.id.clone()) {
                continue;
            }
            let session = Session {
                database: database.clone(),
                secrets: Secrets::new(database.clone(), self.seal_key.clone()),
                transport: self.transport.clone(),
                wanted: self.wanted.clone(),
                node,
            };
            let span = tracing::info_span!("node", id = session.node.id);
            let work = async move { (session.node.id.clone(), session.feed(held).await) };
            self.tasks.spawn(work.instrument(span));
        }
        Ok(())
    }

    fn collect(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            match ended {
                Ok((node_id, outcome)) => {
                    self.busy.remove(&node_id);
                    match outcome {
                        Ok(()) => self.undone.over(&node_id),
                        Err(trouble) => self.undone.warn(&node_id, &trouble, "a node could not be given what it lacks"),
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "what feeds a node panicked");
                    self.busy.clear();
                }
            }
        }
    }

    async fn read_wanted(&mut self, database: &Database) -> Result<()> {
        let version = database.job_set_version().await?;
        if version != self.wanted.version {
            let content = database.job_set().await?.map_or_else(Default::default, |stored| stored.content);
            // One of a newer version, which this one does not know, is nobody's business here.
            match serde_json::from_value::<JobSet>(content) {
                Ok(set) => self.wanted = Arc::new(Wanted { version, set, ..Wanted::default() }),
                Err(error) => tracing::warn!(%error, version, "the set of jobs is one that this version does not know"),
            }
        }
        if version > 0
            && self.wanted.chain_id.is_none()
            && let Some(deployment) = database.deployment().await?
        {
            let (chain_id, pool) = (Some(deployment.chain_id), Some(deployment.pool));
            self.wanted = Arc::new(Wanted { version: self.wanted.version, set: self.wanted.set.clone(), chain_id, pool });
        }
        Ok(())
    }
}
