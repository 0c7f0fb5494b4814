//! Automatic scaling: what a decision is made from, and the transaction that makes it. What is decided, the fleet says.

use std::time::Duration;

use chrono::{DateTime, Utc};
use linkpool_primitives::{IndexerState, NodeStatus, words};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{
    Database, Result,
    as_of::table_at,
    column::{row, stored_enums},
    columns::NodeFields,
    fleet::{GuardNumbers, ProofMode, ScaleRequest, guard, scale::insert_nodes},
    pool::Connection,
    read::LEFT,
    statement::{all, args, maybe, one, run},
};

stored_enums!(DecisionKind);

/// Most decisions kept.
const KEPT: i64 = 1_000;
/// Who asks.
const ACTOR: &str = "autoscale";

words! {
    pub enum DecisionKind {
        /// Nodes were asked for.
        Add = "add",
        /// Nothing is to be done, or nothing is known.
        Hold = "hold",
        /// The guard keeps it from a node that is needed.
        Block = "block",
        /// Nothing is done until a person has looked.
        Stop = "stop",
    }
}

/// What a decision is made from, at one finalized block.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleReading {
    /// The finalized block, or the newest indexed one before it.
    pub block: u64,
    pub last_decided_block: u64,
    /// Whether the index follows the chain, as far as it says.
    pub is_fresh: bool,
    /// What the open nodes of that block may still take.
    pub available_juels: u128,
    /// How many of them take any.
    pub stakable_nodes: u32,
    /// Nodes of the fleet that this block does not have, younger than `provision_limit`.
    pub in_flight: u32,
    /// Automatic ones that are older than it and not open, since somebody has looked.
    pub failed: u32,
    pub added_last_hour: u32,
    pub added_last_day: u32,
    pub guard: GuardNumbers,
    pub blocked_network: Option<u32>,
    pub blocked_for: Option<Duration>,
    pub stopped_why: Option<String>,
    pub is_overridden: bool,
}

/// What is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleDecision {
    pub kind: DecisionKind,
    /// With [`DecisionKind::Add`].
    pub count: u16,
    pub why: String,
    /// Whether the guard has opened again.
    pub reopens: bool,
}

row! {
    /// One row of `autoscale_decision`.
    #[derive(Debug, Clone, PartialEq)]
    StoredDecision {
        decided_at: DateTime<Utc>,
        block_number: u64,
        kind = "decision": DecisionKind,
        why: String,
        inputs: Value,
    }
}

row! {
    /// How automatic scaling stands.
    #[derive(Debug, Clone, PartialEq, Eq)]
    AutoscaleState {
        decided_block: u64,
        blocked_network: Option<u32>,
        blocked_at: Option<DateTime<Utc>>,
        stopped_why: Option<String>,
        override_ends_at: Option<DateTime<Utc>>,
        override_reason: Option<String>,
    }
}

impl Database {
    /// Reads, has `decide` decide, and does it, in one transaction under the guard's lock. At most one decision a finalized block; `None`
    /// where there is nothing to decide from, or it was decided already. A decision that says what the last one said is not written down again.
    /// An index that follows no longer has no new block: that this holds everything is said of the last one.
    pub async fn autoscale(
        &self,
        proof_mode: ProofMode,
        provision_limit: Duration,
        decide: impl FnOnce(&ScaleReading) -> ScaleDecision + Send,
    ) -> Result<Option<ScaleDecision>> {
        let mut transaction = self.pool.begin().await?;
        run(&mut *transaction, guard::LOCK, args![]).await?;
        let reading = reading(&mut transaction, provision_limit).await?;
        let is_due = |it: &ScaleReading| it.block > it.last_decided_block || !it.is_fresh;
        let Some(reading) = reading.filter(is_due) else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let decision = decide(&reading);
        if reading.block <= reading.last_decided_block && !is_news(&mut transaction, &decision).await? {
            transaction.rollback().await?;
            return Ok(None);
        }
        if decision.kind == DecisionKind::Add {
            add(&mut transaction, &reading, &decision, proof_mode).await?;
        }
        let update = "update autoscale set decided_block = $1, stopped_why = case when $2 then $3 else stopped_why end,
                blocked_network = case when $4 then $5 when $6 then null else blocked_network end,
                blocked_at = case when $4 then clock_timestamp() when $6 then null else blocked_at end";
        let (is_stop, is_new_block) =
            (decision.kind == DecisionKind::Stop, decision.kind == DecisionKind::Block && reading.blocked_network.is_none());
        let arguments = args![reading.block, is_stop, decision.why, is_new_block, reading.guard.network(), decision.reopens];
        run(&mut *transaction, update, arguments).await?;
        note(&mut transaction, &reading, &decision).await?;
        transaction.commit().await?;
        Ok(Some(decision))
    }

    /// How it stands, and its newest decisions.
    pub async fn autoscale_state(&self) -> Result<(AutoscaleState, Vec<StoredDecision>)> {
        let select = "select decided_block, blocked_network, blocked_at, stopped_why, ends_at as override_ends_at, reason as override_reason
               from autoscale left join lateral (
                   select ends_at, reason from guard_override where ends_at > now() order by ends_at desc limit 1) as lifted on true";
        let state = one(&self.pool, select, args![]).await?;
        let select =
            "select decided_at, block_number, decision, why, inputs from autoscale_decision order by decision_id desc limit 20";
        Ok((state, all(&self.pool, select, args![]).await?))
    }

    /// Lifts hysteresis, dwell and budgets for a time.
    pub async fn override_guard(&self, duration: Duration, actor: &str, reason: &str) -> Result<DateTime<Utc>> {
        let insert = "insert into guard_override (actor, reason, ends_at) values ($1, $2, now() + make_interval(secs => $3)) returning ends_at";
        one(self.pool.writing(), insert, args![actor, reason, duration]).await
    }

    /// Automatic scaling goes on after it has stopped; false if it had not. What failed until now counts no more.
    pub async fn resume_autoscale(&self, actor: &str, reason: &str) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let update = "update autoscale set stopped_why = null, resumed_at = clock_timestamp() where stopped_why is not null";
        let resumed = run(&mut *transaction, update, args![]).await? == 1;
        if resumed {
            let insert = "insert into autoscale_decision (block_number, decision, why, inputs)
                 select decided_block, 'hold', $1, '{}' from autoscale";
            run(&mut *transaction, insert, args![format!("resumed by {actor}: {reason}")]).await?;
        }
        transaction.commit().await?;
        Ok(resumed)
    }
}

async fn add(connection: &mut Connection, reading: &ScaleReading, decision: &ScaleDecision, proof_mode: ProofMode) -> Result<()> {
    let request = ScaleRequest {
        // One decision a block: whoever comes twice finds it.
        idempotency_key: format!("autoscale/{}", reading.block),
        actor: ACTOR.into(),
        count: decision.count,
        reason: Some(decision.why.clone()),
        proof_mode,
    };
    let insert =
        "insert into operation (idempotency_key, actor, kind, request) values ($1, $2, 'scale_up', $3) returning operation_id";
    let asked = json!({ "count": request.count, "reason": request.reason });
    let operation_id: Uuid = one(&mut *connection, insert, args![request.idempotency_key, request.actor, asked]).await?;
    insert_nodes(connection, operation_id, decision.count, &request).await
}

/// Whether it makes nothing and says what the last one did not.
async fn is_news(connection: &mut Connection, decision: &ScaleDecision) -> Result<bool> {
    let select = "select decision, why from autoscale_decision order by decision_id desc limit 1";
    let last: Option<(DecisionKind, String)> = maybe(&mut *connection, select, args![]).await?;
    let makes_nothing = matches!(decision.kind, DecisionKind::Hold | DecisionKind::Stop);
    Ok(makes_nothing && last.is_none_or(|last| last != (decision.kind, decision.why.clone())))
}

async fn note(connection: &mut Connection, reading: &ScaleReading, decision: &ScaleDecision) -> Result<()> {
    let inputs = json!({
        "available_juels": reading.available_juels.to_string(), "stakable_nodes": reading.stakable_nodes, "in_flight": reading.in_flight,
        "failed": reading.failed, "added_last_hour": reading.added_last_hour, "added_last_day": reading.added_last_day,
        "is_fresh": reading.is_fresh, "is_overridden": reading.is_overridden, "guard": reading.guard, "count": decision.count,
    });
    let insert = "insert into autoscale_decision (block_number, decision, why, inputs) select $1, $2, $3, $4
          where not exists (select from (select decision, why from autoscale_decision order by decision_id desc limit 1) as last
             where (last.decision, last.why) = ($2, $3))";
    run(&mut *connection, insert, args![reading.block, decision.kind, decision.why, inputs]).await?;
    let delete = "delete from autoscale_decision where decision_id <= (select max(decision_id) from autoscale_decision) - $1";
    run(&mut *connection, delete, args![KEPT]).await?;
    Ok(())
}

async fn reading(connection: &mut Connection, provision_limit: Duration) -> Result<Option<ScaleReading>> {
    let Some(guard) = guard::numbers(&mut *connection).await? else { return Ok(None) };
    let select = "select least(finalized_block, block_number), block_number, state = $1 and seen_at > now() - interval '1 minute' from cursor";
    let found: Option<(u64, u64, bool)> = maybe(&mut *connection, select, args![IndexerState::Ok]).await?;
    let Some((block, newest, is_fresh)) = found else { return Ok(None) };
    let nodes = table_at::<NodeFields>("node", &["node"], (block < newest).then_some(block));
    let capacity = format!(
        "select coalesce(sum(open.left), 0)::numeric, count(*) filter (where open.left >= 1000000000000000000::numeric),
                (select count(*) from fleet_node f where source = 'fleet' and ending is null and phase <> 'quarantined'
                    and created_at > now() - make_interval(secs => $1) and not exists (select from {nodes} n where n.node = f.wallet))
           from (select {LEFT} as left from {nodes} n where n.status = {}) as open",
        NodeStatus::Active.code()
    );
    let (available_juels, stakable_nodes, in_flight): (u128, u32, u32) =
        one(&mut *connection, AssertSqlSafe(capacity), args![provision_limit]).await?;
    let select = "select decided_block, blocked_network, extract(epoch from clock_timestamp() - blocked_at)::float8, stopped_why,
                exists (select from guard_override where ends_at > now()),
                (select count(*) from fleet_node join operation using (operation_id) where actor = $1 and ending is null and phase <> 'open'
                    and fleet_node.created_at between resumed_at and now() - make_interval(secs => $2))
           from autoscale";
    let (last_decided_block, blocked_network, blocked_for, stopped_why, is_overridden, failed) =
        one(&mut *connection, select, args![ACTOR, provision_limit]).await?;
    let select = "select count(*) filter (where fleet_node.created_at > now() - interval '1 hour'), count(*)
           from fleet_node join operation using (operation_id) where actor = $1 and fleet_node.created_at > now() - interval '1 day'";
    let (added_last_hour, added_last_day) = one(&mut *connection, select, args![ACTOR]).await?;
    Ok(Some(ScaleReading {
        block,
        last_decided_block,
        is_fresh,
        available_juels,
        stakable_nodes,
        in_flight,
        failed,
        added_last_hour,
        added_last_day,
        guard,
        blocked_network,
        blocked_for,
        stopped_why,
        is_overridden,
    }))
}
