//! The pair rule, as stored.

use std::{fmt, str::FromStr};

use sqlx::Row;

use crate::{Database, Error, Result, fleet::record};

/// Whether a node serves now, and whether it would survive the loss of a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairHealth {
    /// No replica serves.
    Down,
    /// One serves, and no other waits to take over.
    Degraded,
    /// One serves, the other waits.
    Healthy,
}

impl PairHealth {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Degraded => "degraded",
            Self::Healthy => "healthy",
        }
    }
}

impl fmt::Display for PairHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for PairHealth {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let known = [Self::Down, Self::Degraded, Self::Healthy];
        known.into_iter().find(|health| health.as_str() == text).ok_or_else(|| Error::Corrupt(format!("health `{text}`")))
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
