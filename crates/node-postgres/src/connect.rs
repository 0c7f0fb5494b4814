//! Connections, each with a time-out for its making and for everything that is asked on it.

use std::{future::Future, time::Duration};

use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use tokio::time::timeout;

use crate::{Error, Result};

/// Longest making of a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects. The server itself ends a statement after `limit`, so that none goes on when nobody waits for it.
pub(crate) async fn open(options: &PgConnectOptions, limit: Duration) -> Result<PgConnection, sqlx::Error> {
    let options = options.clone().options([("statement_timeout", limit.as_millis().to_string())]);
    match timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(connected) => connected,
        Err(_) => Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "no connection within 5 s"))),
    }
}

/// What takes longer than `limit` is given up.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(limit, work).await.unwrap_or(Err(Error::Slow { seconds: limit.as_secs() }))
}
