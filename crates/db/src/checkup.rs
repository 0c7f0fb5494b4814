//! What an operator's check-up asks of the database itself.

use chrono::{DateTime, Utc};
use sqlx::Row;
use uuid::Uuid;

use crate::{Database, Result};

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
