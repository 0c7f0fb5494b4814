//! Bridges.

use chrono::{DateTime, Utc};

use super::Store;

/// One bridge. The token that the adapter shows the node is kept by neither.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct BridgeRecord {
    pub name: String,
    pub url: String,
    pub confirmations: i64,
    /// Juels, as a decimal string.
    pub minimum_payment: Option<String>,
    /// What the node shows the adapter.
    pub outgoing_token: String,
    pub created_at: DateTime<Utc>,
}

const COLUMNS: &str = "name, url, confirmations, minimum_payment::text AS minimum_payment, outgoing_token, created_at";

impl Store {
    /// `limit` bridges by name, and how many there are.
    pub async fn bridges(&self, limit: i64, offset: i64) -> Result<(Vec<BridgeRecord>, i64), sqlx::Error> {
        let rows = self
            .query_as(&format!("SELECT {COLUMNS} FROM {{schema}}.bridge_type ORDER BY name LIMIT $1 OFFSET $2"))
            .bind(limit)
            .bind(offset)
            .fetch_all(self.pool())
            .await?;
        let (count,) = self.query_as("SELECT count(*) FROM {schema}.bridge_type").fetch_one(self.pool()).await?;
        Ok((rows, count))
    }

    pub async fn bridge(&self, name: &str) -> Result<Option<BridgeRecord>, sqlx::Error> {
        self.query_as(&format!("SELECT {COLUMNS} FROM {{schema}}.bridge_type WHERE name = $1"))
            .bind(name.to_owned())
            .fetch_optional(self.pool())
            .await
    }

    /// Those of `names` that are there.
    pub async fn bridges_named(&self, names: &[String]) -> Result<Vec<String>, sqlx::Error> {
        let rows: Vec<(String,)> = self
            .query_as("SELECT name FROM {schema}.bridge_type WHERE name = ANY($1) ORDER BY name")
            .bind(names.to_vec())
            .fetch_all(self.pool())
            .await?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }

    /// `None` if there is one of that name.
    pub async fn insert_bridge(&self, bridge: &BridgeRecord) -> Result<Option<BridgeRecord>, sqlx::Error> {
        let statement = format!(
            "INSERT INTO {{schema}}.bridge_type (name, url, confirmations, minimum_payment, outgoing_token)
             VALUES ($1, $2, $3, $4::numeric, $5) ON CONFLICT (name) DO NOTHING RETURNING {COLUMNS}"
        );
        self.query_as(&statement)
            .bind(bridge.name.clone())
            .bind(bridge.url.clone())
            .bind(bridge.confirmations)
            .bind(bridge.minimum_payment.clone())
            .bind(bridge.outgoing_token.clone())
            .fetch_optional(self.pool())
            .await
    }

    /// Changes all but the name and the token; `None` if it is not there.
    pub async fn update_bridge(&self, bridge: &BridgeRecord) -> Result<Option<BridgeRecord>, sqlx::Error> {
        let statement = format!(
            "UPDATE {{schema}}.bridge_type SET url = $2, confirmations = $3, minimum_payment = $4::numeric
             WHERE name = $1 RETURNING {COLUMNS}"
        );
        self.query_as(&statement)
            .bind(bridge.name.clone())
            .bind(bridge.url.clone())
            .bind(bridge.confirmations)
            .bind(bridge.minimum_payment.clone())
            .fetch_optional(self.pool())
            .await
    }

    pub async fn delete_bridge(&self, name: &str) -> Result<(), sqlx::Error> {
        self.query("DELETE FROM {schema}.bridge_type WHERE name = $1").bind(name.to_owned()).execute(self.pool()).await?;
        Ok(())
    }
}
