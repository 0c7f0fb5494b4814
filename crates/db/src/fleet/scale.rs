//! One call makes nodes: all of them or none, once for each idempotency key.

use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{
    Database, Result,
    fleet::{FleetNode, GuardNumbers, ProofMode, guard, node::COLUMNS, record},
    pool::Connection,
    statement::{all, args, maybe, one, run},
};

/// Most nodes that one call may ask for: a slip of the finger must not start a data centre.
pub const MAX_NODES_PER_CALL: u16 = 50;

/// What an operator asks for. The caller has checked that `count` is from 1 to [`MAX_NODES_PER_CALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleRequest {
    /// 1 to 200 characters that the caller chose.
    pub idempotency_key: String,
    /// Who asks, for the audit.
    pub actor: String,
    pub count: u16,
    /// Why, for the audit.
    pub reason: Option<String>,
    /// How their wallets prove themselves: what the nodes' program can do.
    pub proof_mode: ProofMode,
}

/// One row of `operation` with its nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    pub id: Uuid,
    pub nodes: Vec<FleetNode>,
}

/// How many nodes are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many more: the request's count.
    More,
    /// As many as there are so many of in all: the request's count, less those that the fleet runs and that do not end.
    InAll,
}

/// What became of a [`ScaleRequest`].
#[derive(Debug, Clone, PartialEq)]
pub enum ScaleOutcome {
    /// The nodes were recorded now.
    Accepted(Operation),
    /// The same call was accepted before; these are its nodes.
    Repeated(Operation),
    /// The key was used for another request.
    KeyInUse,
    /// The guard, in a sentence. Nothing was recorded, and the key may be used again.
    Refused(String),
    /// What would be done: so many nodes, and the guard's sum; `None` before a contract is indexed.
    Planned(u16, Option<GuardNumbers>),
}

impl Database {
    /// Records the nodes of `request` in one transaction, if the guard lets them through.
    pub async fn request_nodes(&self, request: &ScaleRequest) -> Result<ScaleOutcome> {
        self.scale(request, Count::More, false).await
    }

    /// The same, counted in another way, or only looked at.
    pub async fn scale(&self, request: &ScaleRequest, count: Count, dry_run: bool) -> Result<ScaleOutcome> {
        let asked = asked(request, count);
        let mut transaction = self.pool.begin().await?;
        // A call with the same key that has not committed yet is waited for here.
        let insert = "insert into operation (idempotency_key, actor, kind, request) values ($1, $2, 'scale_up', $3)
             on conflict (idempotency_key) do nothing returning operation_id";
        let created: Option<Uuid> =
            maybe(&mut *transaction, insert, args![request.idempotency_key, request.actor, asked]).await?;
        let Some(operation_id) = created else {
            transaction.rollback().await?;
            return self.repeated(request, &asked).await;
        };
        run(&mut *transaction, guard::LOCK, args![]).await?;
        let wanted = match count {
            Count::More => request.count,
            Count::InAll => {
                let there = "select count(*) from fleet_node where source = 'fleet' and ending is null";
                let there: u32 = one(&mut *transaction, there, args![]).await?;
                request.count.saturating_sub(u16::try_from(there).unwrap_or(u16::MAX))
            }
        };
        let numbers = guard::numbers(&mut transaction).await?;
        let refusal = refusal(wanted, numbers.as_ref());
        if refusal.is_some() || dry_run {
            transaction.rollback().await?;
            return Ok(refusal.map_or(ScaleOutcome::Planned(wanted, numbers), ScaleOutcome::Refused));
        }
        insert_nodes(&mut transaction, operation_id, wanted, request).await?;
        transaction.commit().await?;
        Ok(ScaleOutcome::Accepted(Operation { id: operation_id, nodes: self.nodes_of(operation_id).await? }))
    }

    /// An operation with its nodes as they are now.
    pub async fn operation(&self, operation_id: Uuid) -> Result<Option<Operation>> {
        let select = "select exists (select from operation where operation_id = $1)";
        let exists: bool = one(&self.pool, select, args![operation_id]).await?;
        Ok(if exists { Some(Operation { id: operation_id, nodes: self.nodes_of(operation_id).await? }) } else { None })
    }

    async fn repeated(&self, request: &ScaleRequest, asked: &serde_json::Value) -> Result<ScaleOutcome> {
        let select = "select operation_id, kind = 'scale_up' and request = $2 from operation where idempotency_key = $1";
        let (id, is_same): (Uuid, bool) = one(&self.pool, select, args![request.idempotency_key, asked]).await?;
        Ok(if is_same {
            ScaleOutcome::Repeated(Operation { id, nodes: self.nodes_of(id).await? })
        } else {
            ScaleOutcome::KeyInUse
        })
    }

    async fn nodes_of(&self, operation_id: Uuid) -> Result<Vec<FleetNode>> {
        let select = format!("select {COLUMNS} from fleet_node where operation_id = $1 order by fleet_node_id");
        all(&self.pool, AssertSqlSafe(select), args![operation_id]).await
    }
}

fn asked(request: &ScaleRequest, count: Count) -> serde_json::Value {
    let name = match count {
        Count::More => "count",
        Count::InAll => "to",
    };
    json!({ name: request.count, "reason": request.reason })
}

fn refusal(wanted: u16, numbers: Option<&GuardNumbers>) -> Option<String> {
    if wanted > MAX_NODES_PER_CALL {
        return Some(format!(
            "that would be {wanted} more nodes, and one call asks for at most {MAX_NODES_PER_CALL}: go there in steps"
        ));
    }
    numbers.filter(|_| wanted > 0).and_then(|numbers| numbers.refusal(wanted.into()))
}

/// The caller holds the guard's lock, and has asked it.
pub(super) async fn insert_nodes(
    connection: &mut Connection,
    operation_id: Uuid,
    count: u16,
    request: &ScaleRequest,
) -> Result<()> {
    let insert = "insert into fleet_node (operation_id, proof_mode, release_number) select $1, $3,
            -- What the last roll-out has brought to all others.
            (select release_number from rollout where state = 'done' order by rollout_id desc limit 1)
       from generate_series(1, $2) returning fleet_node_id";
    let nodes: Vec<String> = all(&mut *connection, insert, args![operation_id, i32::from(count), request.proof_mode]).await?;
    for node_id in &nodes {
        record(&mut *connection, node_id, "requested", &json!({ "actor": request.actor, "reason": request.reason })).await?;
    }
    Ok(())
}
