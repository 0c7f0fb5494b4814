//! Making a node's role and database. Done again it changes nothing; two fleets may do it at once.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

use crate::{
    Error, NodeDatabase, Result,
    connect::{open, within},
    error::code,
    verifier::verifier,
};

/// Copying the template takes a second or two on a slow disk; ten nodes may be made at once.
const MAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// Somebody made it between our look and our statement.
const EXISTS: [&str; 2] = ["42710", "42P04"];

impl NodeDatabase {
    /// Makes role and database where they are not there; a role of another password gets this one.
    ///
    /// # Errors
    /// If the server can't be asked or refuses.
    pub async fn ensure(&self) -> Result<()> {
        match self.connect().await {
            Ok(connection) => return Ok(connection.close().await?),
            Err(Error::NotLetIn { .. }) => {}
            Err(error) => return Err(error),
        }
        within(MAKE_TIMEOUT, self.make()).await?;
        Ok(self.connect().await?.close().await?)
    }

    async fn make(&self) -> Result<()> {
        let mut connection = open(&self.server.options, MAKE_TIMEOUT).await?;
        // Whoever comes second finds all there. The lock goes with the connection, however that ends.
        sqlx::query("select pg_advisory_lock(hashtext($1))").bind(&self.name).execute(&mut connection).await?;
        self.make_role(&mut connection).await?;
        self.make_database(&mut connection).await?;
        Ok(connection.close().await?)
    }

    async fn make_role(&self, connection: &mut PgConnection) -> Result<()> {
        let (name, stored) = (&self.name, verifier(&self.password));
        let known = self.is_there("select exists (select from pg_roles where rolname = $1)", connection).await?;
        let verb = if known { "alter" } else { "create" };
        self.run(&format!("{verb} role \"{name}\" login password '{}'", stored.expose()), connection).await?;
        // Only a member of it may give it a database.
        self.run(&format!("grant \"{name}\" to current_user"), connection).await
    }

    async fn make_database(&self, connection: &mut PgConnection) -> Result<()> {
        let name = &self.name;
        if !self.is_there("select exists (select from pg_database where datname = $1)", connection).await? {
            self.run(&format!("create database \"{name}\" owner \"{name}\" template template0 encoding 'UTF8'"), connection)
                .await?;
        }
        // Every node is let into its own database alone.
        self.run(&format!("revoke connect, temporary on database \"{name}\" from public"), connection).await
    }

    async fn is_there(&self, question: &'static str, connection: &mut PgConnection) -> Result<bool> {
        Ok(sqlx::query(question).bind(&self.name).fetch_one(connection).await?.try_get(0)?)
    }

    /// The name is one of ours: nothing in it needs to be quoted.
    async fn run(&self, statement: &str, connection: &mut PgConnection) -> Result<()> {
        match sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await {
            Err(error) if code(&error).is_some_and(|code| EXISTS.contains(&code.as_str())) => Ok(()),
            Err(sqlx::Error::Database(error)) => {
                Err(Error::Refused(format!("{} (making the role and database {})", error.message(), self.name)))
            }
            done => Ok(done.map(drop)?),
        }
    }
}
