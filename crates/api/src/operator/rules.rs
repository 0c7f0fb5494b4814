//! What the settings of the fleet say, as far as an operator's call depends on it.

use std::time::Duration;

use linkpool_db::fleet::ProofMode;

/// What holds for calls that name nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetRules {
    /// How the wallets of new nodes prove themselves: what the fleet's program can do.
    pub proof_mode: ProofMode,
    pub rollout: RolloutRules,
    /// Whether nodes are made without a call.
    pub scales_by_itself: bool,
    /// Why no node is made: a sentence about what to set.
    pub cannot_make: Option<String>,
}

/// Of roll-outs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutRules {
    /// Nodes under way at once: each has twice the processes of a node.
    pub parallel: u16,
    /// How long a node is watched.
    pub bake: Duration,
    /// What one node takes besides.
    pub usual: Duration,
    /// Why nothing is rolled to another version: a sentence about what to set.
    pub cannot_keep: Option<String>,
}

impl FleetRules {
    /// The usual ones.
    pub fn new(proof_mode: ProofMode) -> Self {
        Self { proof_mode, rollout: RolloutRules::default(), scales_by_itself: false, cannot_make: None }
    }
}

impl Default for RolloutRules {
    fn default() -> Self {
        Self { parallel: 5, bake: Duration::from_secs(120), usual: Duration::from_secs(60), cannot_keep: None }
    }
}
