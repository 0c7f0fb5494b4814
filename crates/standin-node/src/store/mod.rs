//! A stand-in node's own database: one schema of one Postgres database.

mod bridge;
mod job;
mod key;
mod schema;
mod shared;
mod user;
mod version;
mod work;

use std::{str::FromStr, time::Duration};

use linkpool_chainlink::Secret;
use sqlx::{
    AssertSqlSafe, PgPool, Postgres, Transaction,
    postgres::{PgArguments, PgConnectOptions, PgPoolOptions},
    query::{Query, QueryAs},
};

pub(super) use bridge::BridgeRecord;
pub(super) use job::{JobRecord, RunRecord};
pub(super) use key::KeyRecord;
pub use schema::Schema;
pub(super) use shared::SessionRecord;
pub(super) use user::{UserRecord, hash_secret};
pub(super) use work::{NewTx, OpenRun, OpenTx, Signed};

use uuid::Uuid;

use crate::StandinError;

/// One for the lease, one for everything else: what a node asks of the server must stay small when there are hundreds.
const CONNECTIONS: u32 = 2;

/// Longest wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A node's tables. Cloning shares the connections.
#[derive(Clone, Debug)]
pub(super) struct Store {
    pool: PgPool,
    schema: Schema,
}

impl Store {
    pub fn new(pool: PgPool, schema: Schema) -> Self {
        Self { pool, schema }
    }

    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Makes the tables. Called under the lease; the lock inside is for a lease holder that was paused.
    pub async fn create_tables(&self) -> Result<(), sqlx::Error> {
        let mut transaction = self.locked_transaction().await?;
        self.execute_batch(&mut transaction, include_str!("tables.sql")).await?;
        self.execute_batch(&mut transaction, include_str!("work.sql")).await?;
        if self.schema.is_own_database() {
            self.execute_batch(&mut transaction, include_str!("names.sql")).await?;
        }
        transaction.commit().await
    }

    /// A transaction that excludes every other one of this kind in the same schema.
    pub async fn locked_transaction(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut transaction = begin(self.pool.clone()).await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("linkpool standin {}", self.schema))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }

    /// A statement in which `{schema}` stands for the node's schema.
    ///
    /// Such statements are not kept prepared: with hundreds of nodes on shared connections each node's text would push
    /// another's out.
    pub fn query(&self, template: &str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(self.sql(template)).persistent(false)
    }

    /// [`Self::query`] for rows.
    pub fn query_as<T>(&self, template: &str) -> QueryAs<'static, Postgres, T, PgArguments>
    where
        T: for<'row> sqlx::FromRow<'row, sqlx::postgres::PgRow>,
    {
        sqlx::query_as(self.sql(template)).persistent(false)
    }

    /// Several statements without parameters.
    pub async fn execute_batch(
        &self,
        transaction: &mut Transaction<'static, Postgres>,
        template: &str,
    ) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(self.sql(template)).execute(&mut **transaction).await?;
        Ok(())
    }

    /// Safe because a [`Schema`] is letters, digits and underscores, and a template is part of the program.
    fn sql(&self, template: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(template.replace("{schema}", &format!("\"{}\"", self.schema)))
    }
}

/// A replica's own connections to the node's database, called as a node's: by version and by the replica that may hold the lease.
pub(super) async fn connect(url: &Secret, version: &str, replica: Uuid) -> Result<PgPool, StandinError> {
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
        .connect_with(options.application_name(&format!("Chainlink {version} |App|{replica}")))
        .await?;
    Ok(pool)
}

/// Begins in a task of its own: where the caller is cancelled in the middle, the driver (sqlx 0.9.0) would leave the transaction open
/// for the connection's next holder.
async fn begin(pool: PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    #[expect(clippy::disallowed_methods, reason = "nobody cancels the task")]
    let begun = tokio::spawn(async move { pool.begin().await }).await;
    begun.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}
