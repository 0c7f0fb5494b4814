//! Where the database is, and whether it is one that we can use.

use std::{str::FromStr, time::Duration};

use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};

use crate::{Error, Result, pool::Rules};

/// SQLSTATE 28000 and 28P01: invalid authorization, invalid password.
const REFUSED: [&str; 2] = ["28000", "28P01"];
/// MERGE needs Postgres 15.
const OLDEST: i32 = 150_000;
/// How long one statement may take: twenty times what the longest of a busy day takes. Who knows better says so.
const STATEMENT: Duration = Duration::from_secs(20);

/// How to connect.
#[derive(Clone)]
pub struct Connect {
    pub url: String,
    /// Upper bound of open connections of each kind: those that read, and those that write.
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

    pub(crate) fn reading(&self) -> Rules {
        Rules { reads_only: true, ..self.writing() }
    }

    pub(crate) fn writing(&self) -> Rules {
        Rules { max_connections: self.max_connections, patience: self.timeout, statement: STATEMENT, reads_only: false }
    }
}

impl std::fmt::Debug for Connect {
    /// The URL holds a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connect").field("max_connections", &self.max_connections).finish_non_exhaustive()
    }
}

/// A server, a database on it, and who we are there.
#[derive(Clone)]
pub(crate) struct Target(PgConnectOptions);

impl Target {
    pub fn of(connect: &Connect) -> Result<Self> {
        // The driver takes any scheme.
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| connect.url.starts_with(scheme));
        let options = PgConnectOptions::from_str(&connect.url).ok().filter(|_| is_postgres).ok_or(Error::Url)?;
        Ok(Self(options.application_name(&connect.application)))
    }

    pub fn options(&self) -> PgConnectOptions {
        self.0.clone()
    }

    /// A connection outside of every pool, with no rules.
    pub async fn connect(&self, patience: Duration) -> Result<PgConnection> {
        let place = format!("{}:{}", self.0.get_host(), self.0.get_port());
        match tokio::time::timeout(patience, self.0.connect()).await {
            Err(_) => Err(Error::Unreachable { place, cause: "no answer in time".into() }),
            Ok(Err(error)) => Err(refused_or_unreachable(error, place, self.0.get_username().to_owned())),
            Ok(Ok(connection)) => Ok(connection),
        }
    }

    /// One direct attempt: a pool retries a refused connection until its time-out, and tells no reason.
    pub async fn check(&self, patience: Duration) -> Result<()> {
        let mut connection = self.connect(patience).await?;
        let version: i32 =
            sqlx::query_scalar("select current_setting('server_version_num')::int").fetch_one(&mut connection).await?;
        if version < OLDEST {
            let place = format!("{}:{}", self.0.get_host(), self.0.get_port());
            return Err(Error::TooOld { place, found: (version / 10_000).to_string() });
        }
        Ok(())
    }
}

impl std::fmt::Debug for Target {
    /// The options hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("host", &self.0.get_host()).finish_non_exhaustive()
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
