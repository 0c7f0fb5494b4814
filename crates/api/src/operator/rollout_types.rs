//! What the calls about roll-outs take and answer.

use chrono::{DateTime, Utc};
use linkpool_db::fleet::{RolloutAction, RolloutState, RolloutStep};
use serde::{Deserialize, Serialize};

use super::types::{Outcome, Word};

/// `POST /rollouts`. What is left out is as the settings say.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartRollout {
    /// The node's program: an absolute path on the fleet's machine.
    #[serde(default)]
    pub program: Option<String>,
    /// The version that the program must have.
    #[serde(default)]
    pub version: Option<String>,
    /// The text of the nodes' own TOML.
    #[serde(default)]
    pub config: Option<String>,
    #[serde(default)]
    pub parallel: Option<u16>,
    #[serde(default)]
    pub bake_seconds: Option<u64>,
    /// Whether it pauses before each further wave.
    #[serde(default)]
    pub gated: bool,
    pub reason: String,
    /// Says what would be done, and does nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a roll-out would do.
#[derive(Debug, Serialize, Deserialize)]
pub struct RolloutPlan {
    pub parallel: u16,
    pub bake_seconds: u64,
    /// How many nodes are in each wave.
    pub waves: [usize; 3],
    /// How long all of it takes where nothing goes wrong.
    pub seconds: u64,
    pub nodes: Vec<PlannedNode>,
    /// The version of the roll-out that it supersedes, where one is under way.
    pub supersedes: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct PlannedNode {
    pub node_id: String,
    /// 1: one node, 2: a tenth of them, 3: all.
    pub wave: u16,
    /// What it was last seen to run.
    pub version: Option<String>,
    /// Whether there is no way back once a new replica has had the lease; where the versions are not known there is none either.
    pub is_door: bool,
}

/// A roll-out, and how far its nodes are.
#[derive(Debug, Serialize, Deserialize)]
pub struct RolloutView {
    pub id: i64,
    pub release: u32,
    pub version: Option<String>,
    pub program: Option<String>,
    pub has_config: bool,
    pub state: Word<RolloutState>,
    pub state_since: DateTime<Utc>,
    /// Why it is paused or halted.
    pub why: Option<String>,
    pub wave: u16,
    pub is_gated: bool,
    pub parallel: u16,
    pub bake_seconds: u64,
    pub actor: String,
    pub reason: String,
    pub started_at: DateTime<Utc>,
    pub nodes: Vec<RolloutNodeView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutNodeView {
    pub node_id: String,
    pub wave: u16,
    pub step: Word<RolloutStep>,
    pub step_since: DateTime<Utc>,
    pub from_generation: Option<u32>,
    pub to_generation: Option<u32>,
    pub from_version: Option<String>,
    pub to_version: Option<String>,
    /// Whether there is no way back once a new replica has had the lease.
    pub is_door: bool,
    pub is_back: bool,
    /// Where its database was kept.
    pub snapshot: Option<String>,
    pub error: Option<String>,
}

/// What was done with a roll-out, or would be.
#[derive(Debug, Serialize, Deserialize)]
pub struct RolloutAnswer {
    pub action: Word<RolloutAction>,
    pub outcome: Word<Outcome>,
    pub dry_run: bool,
}
