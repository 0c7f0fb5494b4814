//! How a node comes to its end, and stands still: closed, retired, empty, stopped. Its keys and its database are kept.

use std::time::Duration;

use linkpool_primitives::{Address, NodeStatus, words};
use serde_json::json;

use crate::{
    Database, Result,
    column::{row, stored_enums},
    fleet::{NodeAction, OperatorRequest, OperatorRequestOutcome, record, request::finish},
    pool::Transaction,
    statement::{all, args, maybe, run},
};

stored_enums!(Ending);

words! {
    /// How far a node is on its way out.
    pub enum Ending {
        /// The contract is to keep new stake from it.
        Closing = "closing",
        /// What must be done before it is retired is done.
        Preparing = "preparing",
        /// The owner, or in its first days the guardian, retires it on chain.
        Retiring = "retiring",
        /// Its stakers leave.
        Draining = "draining",
        /// No replica of it runs.
        Stopped = "stopped",
    }
}

row! {
    /// A node on its way out, with what the contract says of it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    EndingNode {
        id = "fleet_node_id": String,
        ending: Ending,
        in_step: Duration,
        wallet: Option<Address>,
        operator: Option<Address>,
        status: Option<NodeStatus>,
        /// Whether nobody has stake on it.
        is_empty: bool,
    }
}

impl Database {
    /// Begins a node's end: it is closed on chain, and stopped once it is retired and empty.
    pub async fn drain_node(&self, asked: &OperatorRequest<'_>) -> Result<OperatorRequestOutcome> {
        let Some((ending, status, _)) = self.look(asked.node_id).await? else { return Ok(OperatorRequestOutcome::NoSuchNode) };
        let refused = |why: &str| Ok(OperatorRequestOutcome::Refused(why.into()));
        let first = match (ending, status) {
            (Some(Ending::Stopped), _) => return refused("the node is stopped: `linkpool node start` first"),
            (Some(_), _) => return Ok(OperatorRequestOutcome::Repeated),
            (None, None) => {
                return refused("the contract does not have the node, so nobody has stake on it: `linkpool node stop` ends it");
            }
            (None, Some(NodeStatus::Active)) => Ending::Closing,
            (None, Some(NodeStatus::Closed)) => Ending::Preparing,
            (None, Some(NodeStatus::Retired)) => Ending::Draining,
        };
        if first == Ending::Closing {
            match self.request_action(NodeAction::Close, asked).await? {
                OperatorRequestOutcome::Done | OperatorRequestOutcome::Repeated => {}
                other => return Ok(other),
            }
        }
        self.set_ending(asked, None, Some(first)).await
    }

    /// Ends a node's replicas, here and now. Where people have stake on it, or it is being rolled out, only with `force`.
    pub async fn stop_node(&self, asked: &OperatorRequest<'_>, force: bool) -> Result<OperatorRequestOutcome> {
        let Some((ending, status, is_empty)) = self.look(asked.node_id).await? else {
            return Ok(OperatorRequestOutcome::NoSuchNode);
        };
        if ending == Some(Ending::Stopped) {
            return Ok(OperatorRequestOutcome::Repeated);
        }
        if !force && (status == Some(NodeStatus::Active) || !is_empty) {
            let sentence = "people have stake on the node, or may put some on it: `linkpool node drain` ends it for good; pass --force to stop it all the same";
            return Ok(OperatorRequestOutcome::Refused(sentence.into()));
        }
        self.set_ending(asked, ending, Some(Ending::Stopped)).await
    }

    /// Runs a stopped node again, or takes back that it ends. What the contract has been told stays.
    pub async fn start_node(&self, asked: &OperatorRequest<'_>) -> Result<OperatorRequestOutcome> {
        match self.look(asked.node_id).await? {
            None => Ok(OperatorRequestOutcome::NoSuchNode),
            Some((None, ..)) => Ok(OperatorRequestOutcome::Repeated),
            Some((ending, ..)) => self.set_ending(asked, ending, None).await,
        }
    }

    /// The fleet's nodes on their way out that have something to wait for.
    pub async fn ending_nodes(&self) -> Result<Vec<EndingNode>> {
        let select = "select fleet_node_id, ending, extract(epoch from clock_timestamp() - ending_since)::float8 as in_step, wallet::bytea, operator::bytea,
                    n.status, coalesce(n.total_shares = 0, true) as is_empty
               from fleet_node f left join node n on n.node = f.wallet
              where source = 'fleet' and ending is not null and ending <> 'stopped' order by fleet_node_id";
        all(&self.pool, select, args![]).await
    }

    /// The next step of a node's end, if it is in the one that the caller has seen.
    pub async fn step_ending(&self, node: &EndingNode, to: Ending, detail: &serde_json::Value) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let moved = step(&mut transaction, &node.id, Some(node.ending), Some(to)).await?;
        if moved {
            record(
                &mut transaction,
                &node.id,
                "ending",
                &json!({ "ending": to.as_str(), "was": node.ending.as_str(), "detail": detail }),
            )
            .await?;
        }
        transaction.commit().await?;
        Ok(moved)
    }

    /// How the node ends, what the contract says of it, and whether nobody has stake on it.
    async fn look(&self, node_id: &str) -> Result<Option<(Option<Ending>, Option<NodeStatus>, bool)>> {
        let select =
            "select ending, status, coalesce(total_shares = 0, true) from fleet_node f left join node n on n.node = f.wallet
              where fleet_node_id = $1 and source = 'fleet'";
        maybe(&self.pool, select, args![node_id]).await
    }

    async fn set_ending(
        &self,
        asked: &OperatorRequest<'_>,
        from: Option<Ending>,
        to: Option<Ending>,
    ) -> Result<OperatorRequestOutcome> {
        let mut transaction = self.pool.begin().await?;
        let rolling = "select 1 from rollout_node where fleet_node_id = $1
                and step in ('snapshot', 'create', 'wait', 'stop', 'check', 'bake', 'delete', 'undo')";
        let rolling: Option<i32> = maybe(&mut *transaction, rolling, args![asked.node_id]).await?;
        if rolling.is_some() && to == Some(Ending::Stopped) {
            let sentence = "the node is being rolled out: wait for its end, or `linkpool rollout abort` first";
            return Ok(OperatorRequestOutcome::Refused(sentence.into()));
        }
        if !step(&mut transaction, asked.node_id, from, to).await? {
            return Ok(OperatorRequestOutcome::Refused("somebody else has changed the node meanwhile: look again".into()));
        }
        let detail = json!({ "ending": to.map(Ending::as_str), "actor": asked.actor, "reason": asked.reason });
        record(&mut transaction, asked.node_id, "ending", &detail).await?;
        finish(transaction, asked.dry_run).await
    }
}

async fn step(transaction: &mut Transaction, node_id: &str, from: Option<Ending>, to: Option<Ending>) -> Result<bool> {
    let update = "update fleet_node set ending = $3, ending_since = clock_timestamp(), health_counted_at = null
          where fleet_node_id = $1 and ending is not distinct from $2";
    Ok(run(&mut **transaction, update, args![node_id, from, to]).await? == 1)
}
