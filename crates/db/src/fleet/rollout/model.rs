//! A roll-out and a node's way through it, as stored.

use std::time::Duration;

use chrono::{DateTime, Utc};
use linkpool_primitives::words;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Database, Result,
    column::{row, stored_enums},
    pool::Connection,
    statement::{all, args, maybe},
};

stored_enums!(RolloutState, RolloutStep);

words! {
    /// What is done with the nodes of a roll-out.
    pub enum RolloutState {
        /// One after the other goes its way.
        Running = "running",
        /// An operator, or a gate, has stopped it: nodes that wait go on waiting.
        Paused = "paused",
        /// A node could not be rolled out: nodes that wait go on waiting.
        Halted = "halted",
        /// What can go back goes back.
        Aborted = "aborted",
        /// A newer one has begun: what has not passed its door goes back to where that one takes it up.
        Superseded = "superseded",
        Done = "done",
    }
}

words! {
    /// How far a node is. What is wanted of its sets follows from it.
    pub enum RolloutStep {
        /// It waits for others.
        Queued = "queued",
        /// Its database is kept, and what it is like now is looked at.
        Snapshot = "snapshot",
        /// Its new replicas are made.
        Create = "create",
        /// They wait for the lease beside the old ones.
        Wait = "wait",
        /// The old ones end. From here on the new generation is the node's.
        Stop = "stop",
        /// One of the new ones is to serve as the old did.
        Check = "check",
        /// It is watched.
        Bake = "bake",
        /// What is left of the old generation is given up.
        Delete = "delete",
        /// The generation that was made is given up.
        Undo = "undo",
        Done = "done",
        /// It is as it was.
        Aborted = "aborted",
        /// It runs the new generation and needs a person, or another roll-out.
        Failed = "failed",
        /// Its turn never came.
        Dropped = "dropped",
    }
}

impl RolloutStep {
    /// Whether it moves no more.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Aborted | Self::Failed | Self::Dropped)
    }

    /// Whether both generations are to live.
    pub fn has_both(self) -> bool {
        matches!(self, Self::Create | Self::Wait)
    }
}

impl RolloutState {
    /// Whether nodes may still begin, now or once it goes on.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Halted)
    }
}

row! {
    /// One row of `rollout`.
    #[derive(Debug, Clone, PartialEq)]
    Rollout {
        id = "rollout_id": i64,
        operation_id: Uuid,
        release_number: u32,
        /// Of its release.
        version: Option<String>,
        program: Option<String>,
        has_config: bool,
        actor: String,
        reason: String,
        started_at: DateTime<Utc>,
        state: RolloutState,
        state_since: DateTime<Utc>,
        /// Why it is paused or halted.
        why: Option<String>,
        /// 1: one node, 2: a tenth of them, 3: all.
        wave: u16,
        is_gated: bool,
        parallel: u16,
        bake: Duration,
    }
}

row! {
    /// One row of `rollout_node`, with what it needs of its roll-out.
    #[derive(Debug, Clone, PartialEq)]
    RolloutNode {
        rollout_id: i64,
        node_id = "fleet_node_id": String,
        wave: u16,
        step: RolloutStep,
        step_since: DateTime<Utc>,
        /// How long it has been in this step.
        in_step: Duration,
        /// Whether the step should be over.
        is_late: bool,
        from_generation: Option<u32>,
        to_generation: Option<u32>,
        from_release: Option<u32>,
        /// Whether the new program is a newer one.
        is_door: bool,
        /// Whether it is on its way back; then the generations have changed places.
        is_back: bool,
        error: Option<String>,
        /// What was seen of it before.
        before: Value,
        state: RolloutState,
        release_number: u32,
        bake: Duration,
    }
}

impl RolloutNode {
    /// The release of the generation that it goes to; `None` for the settings'.
    pub fn to_release(&self) -> Option<u32> {
        if self.is_back { self.from_release } else { Some(self.release_number) }
    }
}

const ROLLOUT: &str =
    "select rollout_id, operation_id, release_number, version, program, config_digest is not null as has_config, actor, reason,
       started_at, state, state_since, why, wave, is_gated, parallel, extract(epoch from bake)::float8 as bake
  from rollout join fleet_release using (release_number)";

const NODE: &str = "select rollout_id, n.fleet_node_id, n.wave, step, step_since,
       extract(epoch from clock_timestamp() - step_since)::float8 as in_step, coalesce(deadline < clock_timestamp(), false) as is_late,
       from_generation, to_generation, from_release, is_door, is_back, error, before, state, rollout.release_number,
       extract(epoch from bake)::float8 as bake
  from rollout_node n join rollout using (rollout_id)";

/// The roll-out that is not over.
pub(super) async fn open(connection: &mut Connection) -> Result<Option<Rollout>> {
    let select = format!("{ROLLOUT} where state in ('running', 'paused', 'halted')");
    maybe(connection, sqlx::AssertSqlSafe(select), args![]).await
}

impl Database {
    /// The newest roll-out.
    pub async fn last_rollout(&self) -> Result<Option<Rollout>> {
        let select = format!("{ROLLOUT} order by rollout_id desc limit 1");
        maybe(&self.pool, sqlx::AssertSqlSafe(select), args![]).await
    }

    /// The roll-out that is not over.
    pub async fn open_rollout(&self) -> Result<Option<Rollout>> {
        open(&mut self.pool.acquire().await?).await
    }

    /// The nodes of a roll-out, in the order in which they come.
    pub async fn rollout_nodes(&self, rollout_id: i64) -> Result<Vec<RolloutNode>> {
        let select = sqlx::AssertSqlSafe(format!(
            "{NODE} join fleet_node f using (fleet_node_id) where rollout_id = $1 order by n.wave, f.created_at, n.fleet_node_id"
        ));
        all(&self.pool, select, args![rollout_id]).await
    }

    /// Every node that is on its way, whatever has become of its roll-out.
    pub async fn rolling_nodes(&self) -> Result<Vec<RolloutNode>> {
        let select = sqlx::AssertSqlSafe(format!(
            "{NODE} where step in ('snapshot', 'create', 'wait', 'stop', 'check', 'bake', 'delete', 'undo') order by n.fleet_node_id"
        ));
        all(&self.pool, select, args![]).await
    }

    pub(super) async fn rollout_of(&self, operation_id: Uuid) -> Result<Option<Rollout>> {
        maybe(&self.pool, sqlx::AssertSqlSafe(format!("{ROLLOUT} where operation_id = $1")), args![operation_id]).await
    }
}
