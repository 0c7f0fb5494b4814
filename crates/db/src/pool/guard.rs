//! Which connections may stay in a pool.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Connection as _, PgConnection, Row, pool::PoolConnectionMetadata};
use tokio::time::timeout;

/// A connection that rested for less than this is taken at its word.
pub(super) const MAX_UNCHECKED_AGE: Duration = Duration::from_secs(1);
/// A server that answers at all answers this within it.
pub(super) const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether the connection is inside a transaction, and whether it can write. Outside of one both times are those of this statement.
const STATE: &str = "select transaction_timestamp() <> statement_timestamp(), current_setting('transaction_read_only') = 'on'";

/// One pool's memory of what it has found out about the server.
#[derive(Debug)]
pub(super) struct Guard {
    reads_only: bool,
    /// Connections made before this go: one of them was found dead or unable to write, and so are its siblings, probably.
    doubted: Mutex<Option<Instant>>,
}

impl Guard {
    pub fn new(reads_only: bool) -> Self {
        Self { reads_only, doubted: Mutex::new(None) }
    }

    /// Whether an idle connection may be handed out.
    pub async fn acquired(self: Arc<Self>, connection: &mut PgConnection, meta: PoolConnectionMetadata) -> sqlx::Result<bool> {
        if self.is_doubted(&meta) {
            return Ok(false);
        }
        if meta.idle_for < MAX_UNCHECKED_AGE {
            return Ok(true);
        }
        match timeout(CHECK_TIMEOUT, connection.ping()).await {
            Ok(Ok(())) => Ok(true),
            // Looked at again by whoever opens the next, who gets the reason.
            Ok(Err(_)) | Err(_) => Ok(self.doubt()),
        }
    }

    /// Whether a connection may come back.
    pub async fn released(self: Arc<Self>, connection: &mut PgConnection, meta: PoolConnectionMetadata) -> sqlx::Result<bool> {
        if self.is_doubted(&meta) {
            return Ok(false);
        }
        // Sent behind the roll-back of what was dropped unfinished, and answered after it.
        match timeout(CHECK_TIMEOUT, sqlx::raw_sql(STATE).fetch_one(connection)).await {
            Ok(Ok(state)) => {
                if state.try_get(0)? {
                    tracing::warn!("a database connection came back inside a transaction; it is closed");
                    return Ok(false);
                }
                // After a fail-over the old server only reads. The next connection is made to whoever is the primary then.
                if !self.reads_only && state.try_get(1)? { Ok(self.doubt()) } else { Ok(true) }
            }
            // Inside a transaction that has failed.
            Ok(Err(sqlx::Error::Database(_))) => Ok(false),
            Ok(Err(_)) | Err(_) => Ok(self.doubt()),
        }
    }

    fn is_doubted(&self, meta: &PoolConnectionMetadata) -> bool {
        let doubted = *self.doubted.lock().unwrap_or_else(PoisonError::into_inner);
        doubted.is_some_and(|doubted| doubted.elapsed() < meta.age)
    }

    /// Every connection there is goes, too. False: this one does not stay.
    pub(super) fn doubt(&self) -> bool {
        *self.doubted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        false
    }
}

#[cfg(test)]
mod tests {
    use linkpool_testkit::TestDatabase;
    use sqlx::Row;

    use super::super::{Pool, Rules};
    use super::STATE;
    use crate::{Connect, target::Target};

    #[tokio::test]
    async fn a_connection_that_comes_back_inside_a_transaction_goes_to_nobody() {
        let test_database = TestDatabase::create().await.unwrap();
        let connect = Connect::new(test_database.url()).patient();
        // One connection: the next has the very one that came back.
        let pool = Pool::new(Target::of(&connect).unwrap(), Rules { max_connections: 1, ..connect.writing() });
        let who = "select pg_backend_pid()";
        // Behind the driver's back, as a beginning that is given up half-way, and one that has failed since.
        for begun in ["select 1", "begin", "begin read only", "begin; select 1/0"] {
            let mut connection = pool.acquire().await.unwrap();
            let before: i32 = sqlx::query_scalar(who).fetch_one(&mut connection).await.unwrap();
            let _ = sqlx::raw_sql(begun).execute(&mut connection).await;
            drop(connection);
            let mut connection = pool.acquire().await.unwrap();
            let after: i32 = sqlx::query_scalar(who).fetch_one(&mut connection).await.unwrap();
            let state = sqlx::raw_sql(STATE).fetch_one(&mut connection).await.unwrap();
            assert_eq!((after == before, state.get::<bool, _>(0)), (begun == "select 1", false), "after `{begun}`");
        }
    }
}
