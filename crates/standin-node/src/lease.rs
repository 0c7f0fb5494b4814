//! The database lease that makes one replica active and the others wait.
//!
//! As in a Chainlink node: one row, the database's clock, no fencing token, and no protection against a holder that is
//! paused beyond the lease and does not know it yet. Whoever cannot reach the database goes on, holder or not, until it
//! answers again.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::{LeaseTiming, StandinError, store::Store};

/// A replica's claim on the lease row of its node.
pub(super) struct Lease {
    store: Store,
    client_id: Uuid,
    timing: LeaseTiming,
}

impl Lease {
    /// `client_id` is the replica's own name, as its connections have it.
    pub fn new(store: Store, client_id: Uuid, timing: LeaseTiming) -> Self {
        Self { store, client_id, timing }
    }

    /// Makes the node's schema and lease table if this is the first replica that ever ran.
    ///
    /// Not a single `IF NOT EXISTS`: two replicas that start together would still collide in the catalogue.
    pub async fn prepare(&self) -> Result<(), sqlx::Error> {
        let mut transaction = self.store.locked_transaction().await?;
        self.store.execute_batch(&mut transaction, include_str!("store/lease.sql")).await?;
        transaction.commit().await
    }

    /// Returns once the lease is ours.
    pub async fn wait(&self) {
        let mut attempts: u64 = 0;
        loop {
            match self.take().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "the database lease cannot be read, trying again"),
            }
            if attempts.is_power_of_two() {
                tracing::info!(attempts, "standby: another replica holds the database lease");
            }
            attempts += 1;
            sleep(self.jittered_refresh()).await;
        }
    }

    /// Renews the lease until it is seen with another holder.
    pub async fn hold(&self) -> StandinError {
        loop {
            sleep(self.timing.refresh).await;
            match timeout(self.timing.duration, self.take()).await {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => return StandinError::LeaseLost,
                Ok(Err(error)) => tracing::error!(%error, "the database lease could not be renewed"),
                Err(_) => tracing::error!("the database did not answer in time to renew the lease"),
            }
        }
    }

    /// Gives the lease up, so that a standby takes it at its next attempt.
    pub async fn release(&self) {
        let released =
            self.store.query("UPDATE {schema}.lease_lock SET expires_at = now() WHERE client_id = $1 AND expires_at > now()");
        let outcome = timeout(self.timing.duration, released.bind(self.client_id).execute(self.store.pool())).await;
        if !matches!(outcome, Ok(Ok(_))) {
            tracing::warn!("the database lease could not be released; a standby takes it when it runs out");
        }
    }

    /// Takes or renews the lease; false if another replica holds it.
    async fn take(&self) -> Result<bool, sqlx::Error> {
        let taken = self.store.query(
            "INSERT INTO {schema}.lease_lock AS held (client_id, expires_at)
             VALUES ($1, now() + make_interval(secs => $2::double precision / 1000))
             ON CONFLICT ((client_id IS NOT NULL)) DO UPDATE
             SET client_id = excluded.client_id, expires_at = excluded.expires_at
             WHERE held.client_id = $1 OR held.expires_at < now()",
        );
        let duration_ms = i64::try_from(self.timing.duration.as_millis()).unwrap_or(i64::MAX);
        let outcome = taken.bind(self.client_id).bind(duration_ms).execute(self.store.pool()).await?;
        Ok(outcome.rows_affected() > 0)
    }

    /// Up to a tenth more or less, so that many standbys do not ask in step.
    fn jittered_refresh(&self) -> Duration {
        self.timing.refresh * rand::random_range(90..=110) / 100
    }
}
