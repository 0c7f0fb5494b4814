//! What the public calls a node, where operators have given it a name.

use serde_json::json;

use crate::{
    Database, Result,
    fleet::{OperatorRequest, OperatorRequestOutcome, record, request::finish},
    statement::{args, maybe},
};

/// Longest name, in characters.
pub const MAX_PUBLIC_NAME_LENGTH: usize = 40;

impl Database {
    /// Names a node for the public, or takes the name away. No two nodes have the same. The caller has checked the name.
    pub async fn set_public_name(&self, name: Option<&str>, asked: &OperatorRequest<'_>) -> Result<OperatorRequestOutcome> {
        let mut transaction = self.pool.begin().await?;
        let select = "select public_name is not distinct from $2 from fleet_node where fleet_node_id = $1 for update";
        let is_same: Option<bool> = maybe(&mut *transaction, select, args![asked.node_id, name]).await?;
        match is_same {
            None => return Ok(OperatorRequestOutcome::NoSuchNode),
            Some(true) => return Ok(OperatorRequestOutcome::Repeated),
            Some(false) => {}
        }
        let update = "update fleet_node set public_name = $2 where fleet_node_id = $1";
        match sqlx::query_with(update, args![asked.node_id, name]).execute(&mut *transaction).await {
            Ok(_) => {}
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                return Ok(OperatorRequestOutcome::Refused(
                    "another node has this name: the public could not tell them apart".into(),
                ));
            }
            Err(error) => return Err(error.into()),
        }
        let detail = json!({ "public_name": name, "actor": asked.actor, "reason": asked.reason });
        record(&mut transaction, asked.node_id, "name", &detail).await?;
        finish(transaction, asked.dry_run).await
    }
}
