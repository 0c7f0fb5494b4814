//! The cursor's row: reading it, and what the indexer writes into it.

use linkpool_primitives::{BlockRef, IndexerState};
use sqlx::AssertSqlSafe;

use super::Batch;
use crate::{
    Database, Error, Result,
    cursor::{self, Cursor, Tags},
    lease::{HELD, HOLDS, Lease},
    pool::Connection,
    statement::{args, run},
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

/// Moves the cursor from `expected` to the end of `batch`, or fails because somebody else moved it.
pub(super) async fn advance(connection: &mut Connection, expected: &BlockRef, batch: &Batch) -> Result<()> {
    let (to, tags) = (&batch.to, batch.tags);
    let update = "update cursor set block_number = $3, block_hash = $4, block_time = $5, head_block = $6, safe_block = $7, finalized_block = $8,
                -- That final blocks can't be compared is not mended by a write: the indexer takes it back.
                state = case when state = $10 then state else $9 end,
                state_detail = case when state = $10 then state_detail end, moved_at = now(), seen_at = now()
          where block_number = $1 and block_hash = $2";
    let state = if batch.caught_up { IndexerState::Ok } else { IndexerState::Backfilling };
    let kept = IndexerState::CannotRecheck;
    let (head, safe, finalized) = (tags.head, tags.safe, tags.finalized);
    let args = args![expected.number, expected.hash, to.number, to.hash, to.timestamp, head, safe, finalized, state, kept];
    let moved = run(connection, update, args).await?;
    if moved == 1 { Ok(()) } else { Err(Error::CursorMoved { expected: expected.number }) }
}
