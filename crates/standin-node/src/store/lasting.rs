//! Sessions. They outlive a fail-over, as a node's do: the next active replica reads them.

use std::time::Duration;

use alloy::primitives::B256;

use super::Store;

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
}
