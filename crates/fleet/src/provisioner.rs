//! What a backend that runs nodes must offer.
//!
//! The unit is the replica set of one node and generation, so that each backend keeps its own way of bringing a dead
//! replica back, also while the fleet's loop is not running.

use std::time::Duration;

use async_trait::async_trait;
use linkpool_db::fleet::ReplicaState;

use crate::Result;

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
}

/// A replica set as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedSet {
    pub key: SetKey,
    pub replicas: Vec<ObservedReplica>,
}

/// A replica as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedReplica {
    pub slot: u16,
    pub state: ReplicaState,
    /// How long it has been in that state.
    pub for_time: Duration,
    /// Where its API answers, and the file with the login; `None` while it does not listen.
    pub base_url: Option<String>,
    pub credentials_file: Option<String>,
    /// How often it was started.
    pub starts: u64,
    /// Why it is not serving, where that is known.
    pub detail: Option<String>,
}

/// A backend.
#[async_trait]
pub trait Provisioner: Send + Sync {
    /// Makes the set exist. Succeeds without change if one of this key does.
    async fn ensure_set(&self, spec: &SetSpec) -> Result<()>;

    /// Every set of this fleet: one complete listing, or an error. Never a part.
    async fn observe(&self) -> Result<Vec<ObservedSet>>;

    /// Ends one replica, so that its set starts it anew.
    async fn replace(&self, set: &SetKey, slot: u16, why: &str) -> Result<()>;

    /// Ends and forgets a set; one that is not there counts as deleted. What the node's database holds stays.
    async fn delete_set(&self, set: &SetKey) -> Result<()>;

    /// Returns when an observation may differ from the last one. A backend that can't tell never returns.
    async fn changed(&self);

    /// Ends whatever must not go on without this process. Sets that run elsewhere carry on.
    async fn close(&self);
}
