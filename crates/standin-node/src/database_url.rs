//! A replica's own connections.

use std::{str::FromStr, time::Duration};

use linkpool_chainlink::Secret;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::StandinError;

/// One for the lease, one for everything else: what a node asks of the server must stay small when there are hundreds.
const CONNECTIONS: u32 = 2;

/// Longest wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects to the node's database.
pub(super) async fn connect(url: &Secret) -> Result<PgPool, StandinError> {
    let not_postgres = || StandinError::BadConfig { reason: "the database URL is not a postgres:// URL".to_owned() };
    // The driver takes a URL of any scheme for Postgres.
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.expose().starts_with(scheme)) {
        return Err(not_postgres());
    }
    // The parser's error could quote the URL, and with it the password.
    let options = PgConnectOptions::from_str(url.expose()).map_err(|_| not_postgres())?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options.application_name("linkpool-standin-node"))
        .await?;
    Ok(pool)
}
