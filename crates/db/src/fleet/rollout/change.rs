//! A node's steps: each by compare-and-set, with its event, in one transaction.

use std::time::Duration;

use serde_json::{Value, json};

use super::{RolloutNode, RolloutStep};
use crate::{
    Database, Result,
    fleet::record,
    pool::Connection,
    statement::{args, run},
};

/// What a step changes besides.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Nothing,
    /// The node was looked at: whether there is a way back, and what it is like.
    Prepared {
        is_door: bool,
        before: Value,
    },
    /// The generation that the node goes to is the node's from now on.
    Switched,
    /// It goes back: the generations change places.
    Reversed,
}

/// A node's next step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepChange<'a> {
    pub node: &'a RolloutNode,
    pub to: RolloutStep,
    /// Until when it is to be over.
    pub limit: Option<Duration>,
    /// What kept the step before it from its end.
    pub error: Option<&'a str>,
    pub effect: Effect,
}

impl Database {
    /// A queued node begins: the generation that it goes to is counted, and never again. False if it can't.
    pub async fn begin_rolling(&self, node: &RolloutNode, limit: Duration) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let update = "with counted as (
                 update fleet_node set last_generation = last_generation + 1 where fleet_node_id = $2 and phase <> 'quarantined' and ending is distinct from 'stopped'
                        and not exists (select from rollout_node other where other.fleet_node_id = $2
                            and step in ('snapshot', 'create', 'wait', 'stop', 'check', 'bake', 'delete', 'undo'))
                 returning fleet_node_id, generation, last_generation, release_number
             )
             update rollout_node n set step = 'snapshot', step_since = clock_timestamp(), deadline = clock_timestamp() + make_interval(secs => $3),
                    from_generation = generation, to_generation = last_generation, from_release = counted.release_number
               from counted join rollout r on r.state = 'running'
              where n.rollout_id = $1 and r.rollout_id = $1 and n.fleet_node_id = $2 and step = 'queued'";
        // What was counted for nothing is given back with the transaction.
        if run(&mut *transaction, update, args![node.rollout_id, node.node_id, limit]).await? == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        let detail = json!({ "rollout": node.rollout_id, "step": RolloutStep::Snapshot.as_str() });
        record(&mut transaction, &node.node_id, "rollout", &detail).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Moves a node to its next step if it is in the step that the caller has seen; false if it is not.
    pub async fn change_step(&self, change: &StepChange<'_>) -> Result<bool> {
        let StepChange { node, to, limit, error, effect } = change;
        let mut transaction = self.pool.begin().await?;
        let swap = *effect == Effect::Reversed;
        let update = "update rollout_node set step = $5, step_since = clock_timestamp(), deadline = clock_timestamp() + make_interval(secs => $6),
                error = coalesce($7, case when is_back <> $8 or $5 in ('undo', 'aborted', 'failed') then error end), is_back = is_back <> $8,
                from_generation = case when $8 then to_generation else from_generation end,
                to_generation = case when $8 then from_generation else to_generation end
              where rollout_id = $1 and fleet_node_id = $2 and step = $3 and is_back = $4";
        let arguments = args![node.rollout_id, node.node_id, node.step, node.is_back, to, limit, error, swap];
        if run(&mut *transaction, update, arguments).await? == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        follow(&mut transaction, node, effect).await?;
        let detail = json!({
            "rollout": node.rollout_id, "step": to.as_str(), "was": node.step.as_str(), "back": node.is_back != swap,
            "from": if swap { node.to_generation } else { node.from_generation },
            "to": if swap { node.from_generation } else { node.to_generation }, "error": error,
        });
        record(&mut transaction, &node.node_id, "rollout", &detail).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Shows what keeps a step from its end, for as long as it may still come to it.
    pub async fn explain_step(&self, node: &RolloutNode, error: &str) -> Result<()> {
        let update = "update rollout_node set error = $4 where rollout_id = $1 and fleet_node_id = $2 and step = $3 and error is distinct from $4";
        let arguments = args![node.rollout_id, node.node_id, node.step, error];
        let mut transaction = self.pool.begin().await?;
        if run(&mut *transaction, update, arguments).await? == 1 {
            let detail = json!({ "rollout": node.rollout_id, "step": node.step.as_str(), "waits": error });
            record(&mut transaction, &node.node_id, "rollout", &detail).await?;
        }
        Ok(transaction.commit().await?)
    }
}

async fn follow(connection: &mut Connection, node: &RolloutNode, effect: &Effect) -> Result<()> {
    match effect {
        Effect::Nothing | Effect::Reversed => {}
        Effect::Prepared { is_door, before } => {
            let update =
                "update rollout_node set is_door = $3, before = $4, error = null where rollout_id = $1 and fleet_node_id = $2";
            run(&mut *connection, update, args![node.rollout_id, node.node_id, is_door, before]).await?;
            let update = "update fleet_node set version = coalesce($2, version) where fleet_node_id = $1";
            run(&mut *connection, update, args![node.node_id, before["from_version"].as_str()]).await?;
        }
        Effect::Switched => {
            let version = if node.is_back { &node.before["from_version"] } else { &node.before["to_version"] };
            let update = "update fleet_node set generation = $2, release_number = $3, version = coalesce($4, version) where fleet_node_id = $1";
            run(&mut *connection, update, args![node.node_id, node.to_generation, node.to_release(), version.as_str()]).await?;
        }
    }
    Ok(())
}
