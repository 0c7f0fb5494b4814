//! Bringing a database up to this executable's schema.

use crate::{
    Database, Result, grants,
    pool::LONG_WRITE_TIMEOUT,
    schema::{self, MIGRATIONS, Migration, Schema},
};

/// Held by whoever migrates, until the end of the transaction: a number that nobody else uses.
const LOCK: i64 = 0x4c69_6e6b_506f_6f6c;
/// Longest wait for another that migrates.
const WAIT_FOR_OTHERS: &str = "set local lock_timeout = '10min'";
/// Longest wait for a table that somebody uses: everybody else who wants it waits behind us.
const WAIT_FOR_TABLES: &str = "set local lock_timeout = '15s'";

impl Database {
    /// The database's schema. Changes nothing.
    pub async fn schema(&self) -> Result<Schema> {
        schema::read(&mut self.pool.acquire().await?).await
    }

    /// Applies the migrations that are missing, all or none, and gives them. Any number of callers at once is safe: one migrates,
    /// and the others find nothing left to do. Users of `docs/database-roles.sql` that exist get what it grants them, so that
    /// no role stands before a new table without its right to it.
    pub async fn migrate(&self) -> Result<Vec<Migration>> {
        let mut transaction = self.pool.begin().await?;
        transaction.allow(LONG_WRITE_TIMEOUT).await?;
        sqlx::query(WAIT_FOR_OTHERS).execute(&mut *transaction).await?;
        sqlx::query("select pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
        sqlx::query(WAIT_FOR_TABLES).execute(&mut *transaction).await?;
        let before = schema::read(&mut transaction).await?;
        if before.needs > before.known || before.unlike.is_some() {
            before.check()?;
        }
        if !before.missing.is_empty() {
            let mut migrator = sqlx::migrate::Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
            // The lock above lasts as long as the transaction; the driver's own would stay with the connection.
            migrator.set_locking(false).set_ignore_missing(true);
            migrator.run(transaction.driver()).await?;
            grants::give(&mut transaction).await?;
        }
        transaction.commit().await?;
        Ok(before.missing)
    }
}
