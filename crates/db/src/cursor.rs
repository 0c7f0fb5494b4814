//! How far the database has followed the chain.

use linkpool_primitives::{B256, BlockRef, IndexerState};
use sqlx::{AssertSqlSafe, Row};

use crate::{
    Database, Error, Result,
    ingest::Batch,
    lease::{self, HELD, HOLDS, Lease},
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

impl Database {
    /// The cursor; `None` before the deployment is recorded.
    pub async fn cursor(&self) -> Result<Option<Cursor>> {
        read(&mut self.pool.acquire().await?).await
    }

    /// Records why the indexer has stopped (or `ok`), for the API and the operator. Under a lease only while it is the newest: who
    /// was followed by another has nothing to say any more.
    pub async fn set_state(&self, lease: Option<&Lease>, state: IndexerState, detail: Option<&str>) -> Result<()> {
        let statement = format!(
            "{HELD} update cursor set state = $4, state_detail = $5, moved_at = now()
              where {HOLDS} and (state, state_detail) is distinct from ($4, $5)"
        );
        let query = lease::bind(sqlx::query(AssertSqlSafe(statement)), lease).bind(state.as_str()).bind(detail);
        query.execute(self.pool.writing()).await?;
        Ok(())
    }

    /// Records that the chain was seen, and its newest tags, while no block is written; at most once in five seconds if
    /// they are as before. The lease as for [`Database::set_state`].
    pub async fn set_tags(&self, lease: Option<&Lease>, tags: Tags) -> Result<()> {
        let statement = format!(
            "{HELD} update cursor set head_block = $4, safe_block = $5, finalized_block = $6, seen_at = now()
              where {HOLDS}
                and ((head_block, safe_block, finalized_block) is distinct from ($4, $5, $6) or seen_at < now() - interval '5 seconds')"
        );
        lease::bind(sqlx::query(AssertSqlSafe(statement)), lease)
            .bind(tags.head as i64)
            .bind(tags.safe as i64)
            .bind(tags.finalized as i64)
            .execute(self.pool.writing())
            .await?;
        Ok(())
    }
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

/// Moves the cursor from `expected` to the end of `batch`, or fails because somebody else moved it.
pub(crate) async fn advance(connection: &mut Connection, expected: &BlockRef, batch: &Batch) -> Result<()> {
    let (to, tags) = (&batch.to, batch.tags);
    let moved = sqlx::query(
        "update cursor set block_number = $3, block_hash = $4, block_time = $5, head_block = $6, safe_block = $7, finalized_block = $8,
                -- That final blocks can't be compared is not mended by a write: the indexer takes it back.
                state = case when state = $10 then state else $9 end,
                state_detail = case when state = $10 then state_detail end, moved_at = now(), seen_at = now()
          where block_number = $1 and block_hash = $2",
    )
    .bind(expected.number as i64)
    .bind(expected.hash.as_slice())
    .bind(to.number as i64)
    .bind(to.hash.as_slice())
    .bind(to.timestamp as i64)
    .bind(tags.head as i64)
    .bind(tags.safe as i64)
    .bind(tags.finalized as i64)
    .bind(if batch.caught_up { IndexerState::Ok } else { IndexerState::Backfilling }.as_str())
    .bind(IndexerState::CannotRecheck.as_str())
    .execute(connection)
    .await?;
    if moved.rows_affected() == 1 { Ok(()) } else { Err(Error::CursorMoved { expected: expected.number }) }
}

pub(crate) fn unsigned(value: i64) -> Result<u64> {
    u64::try_from(value).map_err(|_| Error::Corrupt(format!("{value} where nothing is negative")))
}

pub(crate) fn hash(bytes: &[u8]) -> Result<B256> {
    B256::try_from(bytes).map_err(|_| Error::Corrupt(format!("a hash of {} bytes", bytes.len())))
}
