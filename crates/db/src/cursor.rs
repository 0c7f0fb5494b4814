//! How far the database has followed the chain.

use linkpool_primitives::{BlockRef, IndexerState};
use sqlx::Row;

use crate::{
    Result,
    convert::{hash, unsigned},
    pool::Connection,
};

/// What the chain calls its newest blocks, by number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tags {
    pub head: u64,
    pub safe: u64,
    pub finalized: u64,
}

/// The cursor row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Everything up to and including this block is in the tables.
    pub block: BlockRef,
    pub tags: Tags,
    pub state: IndexerState,
    pub state_detail: Option<String>,
    /// How long ago the indexer last saw the chain, by the database's clock.
    pub seen_seconds_ago: u64,
    /// How often rows that readers may have seen were replaced.
    pub revision: u64,
}

pub(crate) async fn read(connection: &mut Connection) -> Result<Option<Cursor>> {
    let row = sqlx::query(
        "select block_number, block_hash::bytea as block_hash, block_time, head_block, safe_block, finalized_block, state, state_detail, extract(epoch from now() - seen_at)::bigint, revision from cursor",
    )
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(Cursor {
            block: BlockRef { number: unsigned(row.get(0))?, hash: hash(row.get(1))?, timestamp: unsigned(row.get(2))? },
            tags: Tags { head: unsigned(row.get(3))?, safe: unsigned(row.get(4))?, finalized: unsigned(row.get(5))? },
            state: row.get::<&str, _>(6).parse()?,
            state_detail: row.get(7),
            seen_seconds_ago: unsigned(row.get::<i64, _>(8).max(0))?,
            revision: unsigned(row.get(9))?,
        })
    })
    .transpose()
}
