//! What a backend that runs nodes must offer.
//!
//! The unit is the replica set of one node and generation, so that each backend keeps its own way of bringing a dead
//! replica back, also while the fleet's loop is not running.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use linkpool_db::{
    Database,
    fleet::{Release, ReplicaState},
};

use crate::{Login, Result, Secrets};

/// Names a replica set: the key by which every action is idempotent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetKey {
    pub node_id: String,
    /// Rises with each roll-out; a set is never edited.
    pub generation: u32,
}

/// A replica set to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetSpec {
    pub key: SetKey,
    pub replica_count: u16,
    /// What its replicas are started with; `None` for what the settings say. The same for as long as there is such a set.
    pub release: Option<Release>,
}

/// A replica set as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedSet {
    pub key: SetKey,
    /// Where it runs, in the backend's own words.
    pub location: String,
    pub replicas: Vec<ObservedReplica>,
}

/// A replica as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedReplica {
    /// Which one it is, in the backend's own words: no two replicas of a node have the same.
    pub id: String,
    pub state: ReplicaState,
    /// How long it has been in that state.
    pub for_time: Duration,
    /// Where its API answers; `None` while it does not listen.
    pub base_url: Option<String>,
    /// How often it was started.
    pub starts: u64,
    /// What is wrong with it, where that is known; also of one that serves.
    pub detail: Option<String>,
    /// Whether it has the lease of the node's database; `None` where nobody says.
    pub holds_lease: Option<bool>,
}

/// Which versions of the nodes' program meet at a node's database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Versions {
    /// Of the program that is to be run.
    pub program: Option<String>,
    /// Of the one that ran last.
    pub database: Option<String>,
    /// Why the program can't be run at all: no waiting mends it.
    pub refused: Option<String>,
}

/// What became of keeping a node's database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Snapshot {
    /// Where it is.
    Kept(String),
    /// Nothing says how; a sentence about what to set.
    NotConfigured(String),
    /// The node holds nothing that anybody would miss.
    Unneeded,
}

/// A backend.
#[async_trait]
pub trait Provisioner: Send + Sync {
    /// A term of this fleet begins: what the backend stores from now on, it stores through these.
    fn begin(&self, database: &Database, secrets: &Secrets);

    /// Called when this fleet begins to lead: takes over what runs. `locations` are those where the pool's sets were last seen.
    /// An error means that another fleet has them still, or that what runs can't be found out; then nothing may be started.
    async fn open(&self, locations: &[String]) -> Result<()>;

    /// The login that a node was started with, where the backend has kept it.
    async fn login(&self, node_id: &str) -> Result<Option<Login>>;

    /// Makes the set exist, with all of its replicas. Succeeds without change if it does. The node's first user has `login`.
    async fn ensure_set(&self, spec: &SetSpec, login: &Login) -> Result<()>;

    /// Every set of this fleet: one complete listing, or an error. Never a part.
    async fn observe(&self) -> Result<Vec<ObservedSet>>;

    /// Ends one replica, so that its set starts it anew.
    async fn replace(&self, set: &SetKey, replica_id: &str, why: &str) -> Result<()>;

    /// The chain of the nodes' wallets.
    fn chain_id(&self) -> u64;

    /// Which program a release is, and which one the node's database has seen last.
    async fn versions(&self, node_id: &str, release: Option<&Release>) -> Result<Versions>;

    /// Keeps the node's database as it is now, while the node serves. It may take minutes.
    async fn snapshot(&self, node_id: &str) -> Result<Snapshot>;

    /// Asks all replicas of a set to end, in one go. True once none of them lives; until then it is observed still, and whoever needs its end
    /// asks again. It may be made again.
    async fn stop_set(&self, set: &SetKey) -> Result<bool>;

    /// Ends a set, and forgets it once it has ended, which is true from then on. What the node's database holds stays.
    async fn delete_set(&self, set: &SetKey) -> Result<bool>;

    /// Returns when an observation may differ from the last one. A backend that can't tell never returns.
    async fn changed(&self);

    /// What replicas lacked is there again: those that wait for their next start need not.
    fn outage_over(&self);

    /// Returns when another fleet waits for what this one has. Only one that leads asks for it. A backend that can't tell, or that
    /// would end the nodes by giving them up, never returns.
    async fn wanted(&self);

    /// Called now and then while another fleet leads: ends those sets here that it runs in another place by now. `locations` has
    /// where each set runs; of one that is not among them nothing is known.
    async fn leave(&self, locations: &HashMap<SetKey, String>) -> Result<()>;

    /// Called when this fleet leads no longer: gives everything up to the next one, and ends what must not go on without this
    /// process.
    async fn close(&self);
}
