//! The cursor's row: reading it, and what the indexer writes into it.

use linkpool_primitives::{BlockRef, IndexerState};
use sqlx::{AssertSqlSafe, postgres::PgRow};

use super::Batch;
use crate::{
    Database, Error, Result,
    column::{Record, Take},
    cursor::{self, Cursor, Tags},
    lease::{HELD, HOLDS, Lease},
    pool::Connection,
    statement::{args, maybe, run},
};

impl Database {
    /// The cursor; `None` before the deployment is recorded.
    pub async fn cursor(&self) -> Result<Option<Cursor>> {
        cursor::read(&mut self.pool.acquire().await?).await
    }

    /// Records why the indexer has stopped (or `ok`), for the API and the operator. Under a lease only while it is the newest: who
    /// was followed by another has nothing to say any more.
    pub async fn set_state(&self, lease: Option<&Lease>, state: IndexerState, detail: Option<&str>) -> Result<()> {
        let statement = format!(
            "{HELD} update cursor set state = $4, state_detail = $5, moved_at = now()
              where {HOLDS} and (state, state_detail) is distinct from ($4, $5)"
        );
        run(self.pool.writing(), AssertSqlSafe(statement), args![lease, state, detail]).await?;
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
        run(self.pool.writing(), AssertSqlSafe(statement), args![lease, tags.head, tags.safe, tags.finalized]).await?;
        Ok(())
    }
}

/// Where a writer takes the cursor to stand: up to where the state is written, and up to where events are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stands {
    pub projected: BlockRef,
    pub copied: BlockRef,
    /// A repair replaces rows and moves nothing else.
    pub revision: u64,
}

impl Stands {
    /// After everything up to `block` was written.
    pub fn at(self, block: BlockRef) -> Self {
        Self { projected: block, copied: block, ..self }
    }
}

const STANDS: &str = "block_number = $1 and block_hash = $2 and coalesce(copied_block, block_number) = $3
    and coalesce(copied_hash, block_hash) = $4 and revision = $5";
/// That final blocks can't be compared is not mended by a write: the indexer takes it back.
const STATE: &str =
    "state = case when state = $13 then state else $12 end, state_detail = case when state = $13 then state_detail end";

/// Moves the cursor to the end of `batch`, with nothing ahead, or fails because somebody else moved it.
pub(super) async fn advance(connection: &mut Connection, from: Stands, batch: &Batch) -> Result<()> {
    let set = "block_number = $6, block_hash = $7, block_time = $8, copied_block = null, copied_hash = null, copied_time = null";
    step(connection, from, set, batch).await
}

/// Moves up to where events are copied, and leaves what readers see.
pub(super) async fn advance_copied(connection: &mut Connection, from: Stands, batch: &Batch) -> Result<()> {
    step(connection, from, "copied_block = $6, copied_hash = $7, copied_time = $8", batch).await
}

async fn step(connection: &mut Connection, from: Stands, set: &str, batch: &Batch) -> Result<()> {
    let update = format!(
        "update cursor set {set}, head_block = $9, safe_block = $10, finalized_block = $11, {STATE}, moved_at = now(), seen_at = now()
          where {STANDS}"
    );
    let (to, Tags { head, safe, finalized }) = (&batch.to, batch.tags);
    let state = if batch.caught_up { IndexerState::Ok } else { IndexerState::Backfilling };
    let Stands { projected, copied, revision } = from;
    let args = args![
        projected.number,
        projected.hash,
        copied.number,
        copied.hash,
        revision,
        to.number,
        to.hash,
        to.timestamp,
        head,
        safe,
        finalized,
        state,
        IndexerState::CannotRecheck
    ];
    moved(run(connection, AssertSqlSafe(update), args).await?, from)
}

/// Lets readers see what is copied: its state is written in the same transaction.
pub(super) async fn catch_up(connection: &mut Connection, from: Stands) -> Result<()> {
    let update = format!(
        "update cursor set block_number = copied_block, block_hash = copied_hash, block_time = copied_time,
                copied_block = null, copied_hash = null, copied_time = null, moved_at = now()
          where {STANDS}"
    );
    let Stands { projected, copied, revision } = from;
    let args = args![projected.number, projected.hash, copied.number, copied.hash, revision];
    moved(run(connection, AssertSqlSafe(update), args).await?, from)
}

fn moved(rows: u64, from: Stands) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::CursorMoved { expected: from.copied.number }) }
}

/// Where the cursor stands, which nobody moves until the transaction ends; `None` before anything is followed.
pub(super) async fn hold(connection: &mut Connection) -> Result<Option<Stands>> {
    let select = "select block_number, block_hash, block_time, coalesce(copied_block, block_number) as copied_block,
            coalesce(copied_hash, block_hash) as copied_hash, coalesce(copied_time, block_time) as copied_time, revision from cursor for update";
    maybe(connection, select, args![]).await
}

impl Record for Stands {
    fn read(row: &PgRow) -> Result<Self> {
        let block = |number, hash, timestamp| -> Result<BlockRef> {
            Ok(BlockRef { number: row.take(number)?, hash: row.take(hash)?, timestamp: row.take(timestamp)? })
        };
        Ok(Self {
            projected: block("block_number", "block_hash", "block_time")?,
            copied: block("copied_block", "copied_hash", "copied_time")?,
            revision: row.take("revision")?,
        })
    }
}
