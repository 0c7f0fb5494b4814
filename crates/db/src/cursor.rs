//! How far the database has followed the chain.

use linkpool_primitives::{BlockRef, IndexerState};
use sqlx::{AssertSqlSafe, postgres::PgRow};

use crate::{
    Result,
    column::{Record, Take},
    pool::Connection,
    statement::{args, maybe},
};

/// What the chain calls its newest blocks, by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tags {
    pub head: u64,
    pub safe: u64,
    pub finalized: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Everything up to and including this block is in the tables, and readers see nothing of later ones.
    pub block: BlockRef,
    pub tags: Tags,
    pub state: IndexerState,
    pub state_detail: Option<String>,
    /// How long ago the indexer last saw the chain, by the database's clock.
    pub seen_seconds_ago: u64,
    /// How often rows that readers may have seen were replaced.
    pub revision: u64,
}

/// The block that readers stand on, and where it stands: whatever answers, reads it through these two.
pub(crate) const READABLE: &str = "readable_block c";
pub(crate) const COLUMNS: &str =
    "c.block_number as readable_number, c.block_hash as readable_hash, c.block_time as readable_time, c.head_block, c.safe_block,
    c.finalized_block, c.state, c.state_detail, extract(epoch from now() - c.seen_at)::bigint as seen_seconds_ago, c.revision";

pub(crate) fn select() -> String {
    format!("select {COLUMNS} from {READABLE}")
}

pub(crate) async fn read(connection: &mut Connection) -> Result<Option<Cursor>> {
    maybe(connection, AssertSqlSafe(select()), args![]).await
}

impl Record for Cursor {
    fn read(row: &PgRow) -> Result<Self> {
        let seen_seconds_ago: i64 = row.take("seen_seconds_ago")?;
        Ok(Self {
            block: BlockRef {
                number: row.take("readable_number")?,
                hash: row.take("readable_hash")?,
                timestamp: row.take("readable_time")?,
            },
            tags: Tags { head: row.take("head_block")?, safe: row.take("safe_block")?, finalized: row.take("finalized_block")? },
            state: row.take("state")?,
            state_detail: row.take("state_detail")?,
            seen_seconds_ago: seen_seconds_ago.max(0).unsigned_abs(),
            revision: row.take("revision")?,
        })
    }
}
