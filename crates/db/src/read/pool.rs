//! The pool's own row.

use linkpool_primitives::Address;

use super::Snapshot;
use crate::{Result, as_of::table_at, column::row, columns::PoolFields, statement::args};

row! {
    /// The stored state of the pool, as far as the API shows it.
    #[derive(Debug, Clone, PartialEq, Eq)]
    PoolRecord {
        accounted: u128,
        fees_owed: u128,
        sink_owed: u128,
        fee_bps: u32,
        fee_recipient: Address,
        default_cap_link: u64,
        paused_until: u64,
        live_nodes: u64,
    }
}

impl Snapshot {
    /// The pool; `None` before its first event is indexed.
    pub async fn pool(&mut self) -> Result<Option<PoolRecord>> {
        let source = table_at::<PoolFields>("pool", &["pool_id"], self.as_of());
        let statement = format!(
            "select accounted, fees_owed, sink_owed, fee_bps, fee_recipient, default_cap_link, paused_until, live_nodes from {source} p"
        );
        self.maybe(statement, args![]).await
    }
}
