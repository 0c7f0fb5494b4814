//! What an operator's check-up asks of the database itself.

use chrono::{DateTime, Utc};
use sqlx::Row;
use uuid::Uuid;

use crate::{Database, Result, database::MIGRATIONS};

/// Who holds a role's lease.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// The role, or the account that is driven.
    pub name: String,
    pub holder: Uuid,
    /// How often it has changed hands.
    pub epoch: i64,
    /// Seconds until it runs out; negative since it has.
    pub expires_in_seconds: f64,
}

impl Database {
    /// The numbers of this executable's migrations that the database lacks, without applying any.
    pub async fn pending_migrations(&self) -> Result<Vec<i64>> {
        let known: bool = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null").fetch_one(&self.pool).await?;
        let applied: Vec<i64> = match known {
            true => sqlx::query_scalar("select version from _sqlx_migrations where success").fetch_all(&self.pool).await?,
            false => Vec::new(),
        };
        Ok(MIGRATIONS.iter().map(|migration| migration.version).filter(|version| !applied.contains(version)).collect())
    }

    /// The database's clock, by which leases run.
    pub async fn clock(&self) -> Result<DateTime<Utc>> {
        Ok(sqlx::query_scalar("select clock_timestamp()").fetch_one(&self.pool).await?)
    }

    /// Every lease that was ever taken, by name.
    pub async fn leases(&self) -> Result<Vec<Holder>> {
        let rows = sqlx::query(
            "select name, holder, epoch, extract(epoch from expires_at - clock_timestamp())::float8 from lease order by name",
        )
        .fetch_all(&self.pool)
        .await?;
        let read = |row: &sqlx::postgres::PgRow| Holder {
            name: row.get(0),
            holder: row.get(1),
            epoch: row.get(2),
            expires_in_seconds: row.get(3),
        };
        Ok(rows.iter().map(read).collect())
    }
}
