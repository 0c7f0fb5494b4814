//! How a fleet behaves.

use std::time::Duration;

use linkpool_chainlink::SealKey;
use linkpool_health::Heartbeat;

use crate::{AutoscaleRules, RetireHook, RolloutTimes};

/// How the role behaves.
#[derive(Debug, Clone)]
pub struct FleetConfig {
    /// Opens the nodes' secrets in the database.
    pub seal_key: SealKey,
    /// Longest time between two passes.
    pub tick: Duration,
    /// After how long without renewal another fleet takes over.
    pub lease_term: Duration,
    /// How long a set that nobody wants is left alone.
    pub orphan_patience: Duration,
    /// How long each step of a roll-out may take, and must.
    pub rollout: RolloutTimes,
    /// What is done before a node is retired.
    pub retire_hook: Option<RetireHook>,
    /// Whether no wallet is funded before its node's database is kept.
    pub must_keep: bool,
    /// How nodes are made without an operator's call; `None` for not at all.
    pub autoscale: Option<AutoscaleRules>,
    /// Told at every pass.
    pub heartbeat: Heartbeat,
}

impl FleetConfig {
    /// The usual times.
    pub fn new(seal_key: SealKey) -> Self {
        Self {
            seal_key,
            tick: Duration::from_secs(1),
            lease_term: Duration::from_secs(3),
            orphan_patience: Duration::from_secs(60),
            rollout: RolloutTimes::default(),
            retire_hook: None,
            must_keep: false,
            autoscale: None,
            heartbeat: Heartbeat::default(),
        }
    }
}
