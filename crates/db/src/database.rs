//! The connection pool: how every role reaches Postgres.

use std::{str::FromStr, time::Duration};

use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{Error, Result};

/// SQLSTATE 28000 and 28P01: invalid authorization, invalid password.
const REFUSED: [&str; 2] = ["28000", "28P01"];

/// How to connect.
#[derive(Clone)]
pub struct Connect {
    pub url: String,
    /// Upper bound of open connections.
    pub max_connections: u32,
    /// How long to wait for a connection before giving up.
    pub timeout: Duration,
    /// What the server shows of who is connected.
    pub application: String,
}

impl Connect {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 16, timeout: Duration::from_secs(5), application: "linkpool".into() }
    }

    /// As a role, whose name and version others find among the server's connections.
    #[must_use]
    pub fn role(mut self, role: &str) -> Self {
        self.application = crate::connected::application(role);
        self
    }
}

impl std::fmt::Debug for Connect {
    /// The URL holds a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connect").field("max_connections", &self.max_connections).finish_non_exhaustive()
    }
}

/// A handle on the database; cloning shares the pool.
#[derive(Debug, Clone)]
pub struct Database {
    pub(crate) pool: PgPool,
}

impl Database {
    /// Connects once, so that a wrong URL fails here with a sentence and not later with a time-out.
    pub async fn connect(connect: &Connect) -> Result<Self> {
        // The driver takes any scheme.
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| connect.url.starts_with(scheme));
        let options = PgConnectOptions::from_str(&connect.url)
            .ok()
            .filter(|_| is_postgres)
            .ok_or(Error::Url)?
            .application_name(&connect.application);
        let place = format!("{}:{}", options.get_host(), options.get_port());
        let user = options.get_username().to_owned();
        let pool = PgPoolOptions::new()
            .max_connections(connect.max_connections)
            .acquire_timeout(connect.timeout)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    // A process that is paused, or whose machine is gone, must not keep its locks: the others wait for them.
                    sqlx::query("set idle_in_transaction_session_timeout = '5s'").execute(connection).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(options.clone());
        // The pool retries a refused connection until its time-out; one direct attempt tells the reason at once.
        let attempt = tokio::time::timeout(connect.timeout, sqlx::ConnectOptions::connect(&options)).await;
        let mut connection = match attempt {
            Err(_) => return Err(Error::Unreachable { place, cause: "no answer in time".into() }),
            Ok(Err(error)) => return Err(refused_or_unreachable(error, place, user)),
            Ok(Ok(connection)) => connection,
        };
        let version: i32 =
            sqlx::query_scalar("select current_setting('server_version_num')::int").fetch_one(&mut connection).await?;
        if version < 150_000 {
            return Err(Error::TooOld { place, found: (version / 10_000).to_string() });
        }
        Ok(Self { pool })
    }

    /// Closes every connection and waits for it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

fn refused_or_unreachable(error: sqlx::Error, place: String, user: String) -> Error {
    match &error {
        sqlx::Error::Database(refusal) if refusal.code().is_some_and(|code| REFUSED.contains(&code.as_ref())) => {
            Error::Refused { place, user }
        }
        _ => Error::Unreachable { place, cause: error.to_string() },
    }
}
