//! The pool's own row.

use linkpool_primitives::Address;
use sqlx::{AssertSqlSafe, Row};

use super::{Snapshot, column};
use crate::{Result, as_of::table_at, columns::PoolFields};

/// The stored state of the pool, as far as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRecord {
    pub accounted: u128,
    pub fees_owed: u128,
    pub sink_owed: u128,
    pub fee_bps: u32,
    pub fee_recipient: Address,
    pub default_cap_link: u64,
    pub paused_until: u64,
    pub live_nodes: u64,
}

impl Snapshot {
    /// The pool; `None` before its first event is indexed.
    pub async fn pool(&mut self) -> Result<Option<PoolRecord>> {
        let source = table_at::<PoolFields>("pool", &["pool_id"], self.at());
        let statement = format!(
            "select accounted, fees_owed, sink_owed, fee_bps, fee_recipient, default_cap_link, paused_until, live_nodes from {source} p"
        );
        let row = sqlx::query(AssertSqlSafe(statement)).fetch_optional(self.connection()).await?;
        row.map(|row| {
            Ok(PoolRecord {
                accounted: column::amount(&row, "accounted")?,
                fees_owed: column::amount(&row, "fees_owed")?,
                sink_owed: column::amount(&row, "sink_owed")?,
                fee_bps: column::narrow(row.try_get::<i32, _>("fee_bps")?)?,
                fee_recipient: column::address(&row, "fee_recipient")?,
                default_cap_link: column::unsigned(&row, "default_cap_link")?,
                paused_until: column::unsigned(&row, "paused_until")?,
                live_nodes: column::unsigned(&row, "live_nodes")?,
            })
        })
        .transpose()
    }
}
