//! The pair rule, as stored.

use linkpool_primitives::words;

use crate::{
    Database, Result,
    column::stored_enums,
    fleet::{health_hour, record},
    statement::{args, maybe},
};

stored_enums!(PairHealth);

words! {
    /// Whether a node serves now, and whether it would survive the loss of a replica.
    pub enum PairHealth {
        /// No replica serves.
        Down = "down",
        /// One serves, and no other waits to take over.
        Degraded = "degraded",
        /// One serves, the other waits.
        Healthy = "healthy",
    }
}

impl Database {
    /// Records a node's health; an event where it changed.
    pub async fn set_health(&self, node_id: &str, health: PairHealth) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        health_hour::count(&mut transaction, Some(node_id)).await?;
        let update = "update fleet_node set health = $2, health_since = now() from (select health as old from fleet_node where fleet_node_id = $1 for update) as was
              where fleet_node_id = $1 and health <> $2 returning was.old";
        let before: Option<PairHealth> = maybe(&mut *transaction, update, args![node_id, health]).await?;
        if let Some(before) = before {
            let detail = serde_json::json!({ "from": before, "to": health });
            record(&mut transaction, node_id, "health", &detail).await?;
        }
        Ok(transaction.commit().await?)
    }
}
