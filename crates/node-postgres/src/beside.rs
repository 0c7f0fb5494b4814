//! A database beside a node's own, which takes its place once it is whole: what a restore makes. The node's own stays as it is until then, and
//! afterwards under another name.

use std::time::Duration;

use linkpool_chainlink::Secret;
use sqlx::{AssertSqlSafe, PgConnection, Row};
use tokio::time::sleep;

use crate::{
    Contents, Error, NodeDatabase, Result,
    connect::{open, within},
};

const SUFFIX: &str = "_restored";
/// Copying the template, or ending a database of some gigabytes.
const MAKE_TIMEOUT: Duration = Duration::from_secs(60);
/// Sessions that are ended take a moment.
const SWAP_TIMEOUT: Duration = Duration::from_secs(30);
const RETRY_DELAY: Duration = Duration::from_millis(300);

/// What of the server's other databases is about a session that keeps one from being renamed.
const IN_USE: &str = "55006";

/// Empty, or with what was put into it.
#[derive(Debug)]
pub struct Beside {
    node: NodeDatabase,
    name: String,
}

impl NodeDatabase {
    /// Makes an empty one, of the node's role. One that an earlier attempt left goes.
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn make_beside(&self) -> Result<Beside> {
        let beside = Beside { node: self.clone(), name: format!("{}{SUFFIX}", self.name) };
        beside.discard().await?;
        let (name, role) = (&beside.name, &self.name);
        beside.run(&format!("create database \"{name}\" owner \"{role}\" template template0 encoding 'UTF8'")).await?;
        beside.run(&format!("revoke connect, temporary on database \"{name}\" from public")).await?;
        Ok(beside)
    }

    /// How many are connected with it, whoever they are; ourselves not among them.
    ///
    /// # Errors
    /// If the server can't be asked.
    pub async fn sessions(&self) -> Result<u64> {
        within(SWAP_TIMEOUT, async {
            let mut connection = open(&self.server.options, SWAP_TIMEOUT).await?;
            let ask = "select count(*) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()";
            let row = sqlx::query(ask).bind(&self.name).fetch_one(&mut connection).await?;
            Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
        })
        .await
    }
}

impl Beside {
    /// By which the node's role fills it.
    ///
    /// # Errors
    /// [`Error::BadUrl`].
    pub fn url(&self) -> Result<Secret> {
        self.node.server.url_of_database(&self.node.name, &self.node.password, &self.name)
    }

    /// What was put into it.
    ///
    /// # Errors
    /// If it can't be asked.
    pub async fn contents(&self, wallet: [u8; 20]) -> Result<Contents> {
        self.node.contents_of(&self.name, wallet).await
    }

    /// Gives it up.
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn discard(&self) -> Result<()> {
        self.run(&format!("drop database if exists \"{}\"", self.name)).await
    }

    /// It becomes the node's, and the node's own is called `kept`: both or neither. Refused while anybody is connected, unless their sessions
    /// are to be ended.
    ///
    /// # Errors
    /// [`Error::Refused`] with who is connected; the node's own is in its place then.
    pub async fn replace_own(&self, kept: &str, end_sessions: bool) -> Result<()> {
        // Checked like any name of ours.
        self.node.server.node(kept, &self.node.password)?;
        let (own, new) = (&self.node.name, &self.name);
        // One simple query is one transaction.
        let swap = format!("alter database \"{own}\" rename to \"{kept}\"; alter database \"{new}\" rename to \"{own}\"");
        within(SWAP_TIMEOUT, async {
            let mut connection = open(&self.node.server.options, SWAP_TIMEOUT).await?;
            loop {
                if end_sessions {
                    self.end_sessions(&mut connection).await?;
                }
                match sqlx::raw_sql(AssertSqlSafe(swap.clone())).execute(&mut connection).await {
                    Err(error) if end_sessions && crate::error::code(&error).as_deref() == Some(IN_USE) => {
                        sleep(RETRY_DELAY).await;
                    }
                    done => return Ok(done.map(drop)?),
                }
            }
        })
        .await
    }

    async fn end_sessions(&self, connection: &mut PgConnection) -> Result<()> {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()";
        sqlx::query(end).bind(&self.node.name).execute(connection).await?;
        Ok(())
    }

    /// The names are ours: nothing in them needs to be quoted.
    async fn run(&self, statement: &str) -> Result<()> {
        within(MAKE_TIMEOUT, async {
            let mut connection = open(&self.node.server.options, MAKE_TIMEOUT).await?;
            match sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await {
                Err(sqlx::Error::Database(error)) => {
                    Err(Error::Refused(format!("{} (making the database {})", error.message(), self.name)))
                }
                done => Ok(done.map(drop)?),
            }
        })
        .await
    }
}
