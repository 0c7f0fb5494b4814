//! Many nodes in one process, on few connections.

use std::str::FromStr;

use linkpool_chainlink::Secret;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{Replica, ReplicaConfig, StandinError};

/// Connections that any number of replicas share, each with a schema of its node's in one database.
#[derive(Clone, Debug)]
pub struct Host(PgPool);

impl Host {
    /// # Errors
    /// [`StandinError::BadConfig`], or the database's.
    pub async fn connect(database_url: &Secret, connections: u32) -> Result<Self, StandinError> {
        // The parser's error could quote the URL, and with it the password.
        let not_postgres = |_| StandinError::BadConfig { reason: "the database URL is not a postgres:// URL".to_owned() };
        let options = PgConnectOptions::from_str(database_url.expose()).map_err(not_postgres)?;
        Ok(Self(PgPoolOptions::new().max_connections(connections).connect_with(options).await?))
    }

    /// A replica, which is to be started.
    ///
    /// # Errors
    /// [`StandinError::BadConfig`].
    pub fn replica(&self, config: ReplicaConfig) -> Result<Replica, StandinError> {
        Replica::new(self.0.clone(), config)
    }
}
