//! One call makes nodes: all of them or none, once for each idempotency key.

use serde_json::json;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{
    Database, Result,
    fleet::{FleetNode, ProofMode, node::COLUMNS, record},
    statement::{all, args, maybe, one},
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

/// What became of a [`ScaleRequest`].
#[derive(Debug, Clone, PartialEq)]
pub enum ScaleOutcome {
    /// The nodes were recorded now.
    Accepted(Operation),
    /// The same call was accepted before; these are its nodes.
    Repeated(Operation),
    /// The key was used for another request.
    KeyInUse,
}

impl Database {
    /// Records the nodes of `request` in one transaction.
    pub async fn request_nodes(&self, request: &ScaleRequest) -> Result<ScaleOutcome> {
        let asked = json!({ "count": request.count, "reason": request.reason });
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
        let insert = "insert into fleet_node (operation_id, proof_mode, release_number) select $1, $3,
                    -- What the last roll-out has brought to all others.
                    (select release_number from rollout where state = 'done' order by rollout_id desc limit 1)
               from generate_series(1, $2) returning fleet_node_id";
        let count = i32::from(request.count);
        let nodes: Vec<String> = all(&mut *transaction, insert, args![operation_id, count, request.proof_mode]).await?;
        for node_id in &nodes {
            record(&mut transaction, node_id, "requested", &json!({ "actor": request.actor, "reason": request.reason })).await?;
        }
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
