//! What outlives a fail-over, because the next active replica reads it: sessions, as with a node, and the switches of faults.

use std::time::Duration;

use alloy::primitives::B256;

use super::Store;
use crate::FaultSet;

/// One live session.
#[derive(Clone, Debug)]
pub(crate) struct SessionRecord {
    pub hash: B256,
    pub email: String,
}

impl Store {
    /// The sessions used within `timeout`; the others are deleted.
    pub async fn live_sessions(&self, timeout: Duration) -> Result<Vec<SessionRecord>, sqlx::Error> {
        let timeout_ms = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        self.query(
            "DELETE FROM {schema}.api_session
             WHERE last_used_at < now() - make_interval(secs => $1::double precision / 1000)",
        )
        .bind(timeout_ms)
        .execute(self.pool())
        .await?;
        let rows: Vec<(Vec<u8>, String)> =
            self.query_as("SELECT session_hash, email FROM {schema}.api_session").fetch_all(self.pool()).await?;
        let usable = rows.into_iter().filter_map(|(hash, email)| {
            let hash = B256::try_from(hash.as_slice()).ok()?;
            Some(SessionRecord { hash, email })
        });
        Ok(usable.collect())
    }

    pub async fn save_session(&self, session: &SessionRecord) -> Result<(), sqlx::Error> {
        self.query("INSERT INTO {schema}.api_session (session_hash, email) VALUES ($1, $2)")
            .bind(session.hash.to_vec())
            .bind(session.email.clone())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    pub async fn delete_session(&self, hash: B256) -> Result<(), sqlx::Error> {
        self.query("DELETE FROM {schema}.api_session WHERE session_hash = $1").bind(hash.to_vec()).execute(self.pool()).await?;
        Ok(())
    }

    pub async fn read_faults(&self) -> Result<FaultSet, sqlx::Error> {
        let rows: Vec<(String,)> = self.query_as("SELECT setting FROM {schema}.fault_switch").fetch_all(self.pool()).await?;
        let corrupt = |error: String| sqlx::Error::Decode(error.into());
        rows.into_iter().map(|(setting,)| setting.parse().map_err(corrupt)).collect()
    }

    /// Replaces all switches.
    pub async fn save_faults(&self, faults: &FaultSet) -> Result<(), sqlx::Error> {
        let settings: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let mut transaction = self.locked_transaction().await?;
        self.query("DELETE FROM {schema}.fault_switch").execute(&mut *transaction).await?;
        self.query("INSERT INTO {schema}.fault_switch (setting) SELECT unnest($1::text[])")
            .bind(settings)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}
