//! The pair rule, as stored.

use linkpool_primitives::words;
use sqlx::Row;

use crate::{Database, Result, fleet::record};

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
        let before = sqlx::query(
            "update fleet_node set health = $2, health_since = now() from (select health as old from fleet_node where fleet_node_id = $1 for update) as was
              where fleet_node_id = $1 and health <> $2 returning was.old",
        )
        .bind(node_id)
        .bind(health.as_str())
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some(before) = before {
            let detail = serde_json::json!({ "from": before.get::<String, _>(0), "to": health.as_str() });
            record(&mut transaction, node_id, "health", &detail).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
