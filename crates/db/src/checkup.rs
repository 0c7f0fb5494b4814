//! What an operator's check-up asks of the database itself.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Database, Result,
    column::row,
    statement::{all, args, one},
};

row! {
    /// Who holds a role's lease.
    #[derive(Debug, Clone, PartialEq)]
    Holder {
        /// The role, or the account that is driven.
        name: String,
        holder: Uuid,
        /// How often it has changed hands.
        epoch: i64,
        /// Seconds until it runs out; negative since it has.
        expires_in_seconds: f64,
    }
}

impl Database {
    /// The database's clock, by which leases run.
    pub async fn clock(&self) -> Result<DateTime<Utc>> {
        one(&self.pool, "select clock_timestamp()", args![]).await
    }

    /// Every lease that was ever taken, by name.
    pub async fn leases(&self) -> Result<Vec<Holder>> {
        let select = "select name, holder, epoch, extract(epoch from expires_at - clock_timestamp())::float8 as expires_in_seconds from lease order by name";
        all(&self.pool, select, args![]).await
    }
}
