//! The cursor's row: reading it, and what the indexer writes into it.

use linkpool_primitives::{BlockRef, IndexerState};
use sqlx::{
    AssertSqlSafe,
    postgres::{PgArguments, PgRow},
};

use super::Batch;
use crate::{
    Database, Error, Result,
    column::{Record, Take},
    compound::Compound,
    cursor::{self, Cursor, Tags},
    lease::{self, HELD, HOLDS, Lease},
    parameter::Bind,
    pool::Connection,
    statement::{args, maybe, one, run},
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

/// The state may be at the end of what is being written of it, too: that is committed at any moment. Who is followed must be who was asked for.
const STANDS: &str =
    "(block_number, block_hash) in (($1, $2::bytea), ($14, $15::bytea)) and coalesce(copied_block, block_number) = $3
    and coalesce(copied_hash, block_hash) = $4 and revision = $5 and coalesce($16, followed) = followed";
/// That final blocks can't be compared is not mended by a write: the indexer takes it back.
const STATE: &str =
    "state = case when state = $13 then state else $12 end, state_detail = case when state = $13 then state_detail end";

/// Nothing is ahead.
const NOTHING_AHEAD: &str =
    "block_number = $6, block_hash = $7, block_time = $8, copied_block = null, copied_hash = null, copied_time = null";

/// Moves the cursor to the end of `batch`, with nothing ahead, or fails because somebody else moved it.
pub(super) async fn advance(connection: &mut Connection, from: Stands, batch: &Batch) -> Result<()> {
    step(connection, from, &from.projected, NOTHING_AHEAD, batch).await
}

/// Moves up to where events are copied, and leaves what readers see, which is now, or will be soon, block `soon`.
pub(super) async fn advance_copied(connection: &mut Connection, from: Stands, soon: &BlockRef, batch: &Batch) -> Result<()> {
    step(connection, from, soon, "copied_block = $6, copied_hash = $7, copied_time = $8", batch).await
}

/// [`advance`] as a part, `moved`, of a statement with a part `held`, which returns a row while the lease is the newest.
pub(super) fn add_advance(compound: &mut Compound, from: Stands, batch: &Batch) -> Result<()> {
    let update = format!("{} and exists (select from held) returning 1", stepping(NOTHING_AHEAD));
    compound.part("moved", &update, 16, |to| bind(from, &from.projected, batch, to))
}

async fn step(connection: &mut Connection, from: Stands, soon: &BlockRef, set: &str, batch: &Batch) -> Result<()> {
    let mut args = PgArguments::default();
    bind(from, soon, batch, &mut args)?;
    match run(connection, AssertSqlSafe(stepping(set)), args).await? {
        1 => Ok(()),
        _ => Err(Error::CursorMoved { expected: from.copied.number }),
    }
}

fn stepping(set: &str) -> String {
    format!(
        "update cursor set {set}, head_block = $9, safe_block = $10, finalized_block = $11, {STATE}, moved_at = now(), seen_at = now()
          where {STANDS}"
    )
}

/// The parameters of both.
fn bind(from: Stands, soon: &BlockRef, batch: &Batch, args: &mut PgArguments) -> Result<()> {
    let (to, Tags { head, safe, finalized }) = (&batch.to, batch.tags);
    let state = if batch.caught_up { IndexerState::Ok } else { IndexerState::Backfilling };
    let Stands { projected, copied, revision } = from;
    projected.number.bind(args)?;
    projected.hash.bind(args)?;
    copied.number.bind(args)?;
    copied.hash.bind(args)?;
    revision.bind(args)?;
    to.number.bind(args)?;
    to.hash.bind(args)?;
    to.timestamp.bind(args)?;
    head.bind(args)?;
    safe.bind(args)?;
    finalized.bind(args)?;
    state.bind(args)?;
    IndexerState::CannotRecheck.bind(args)?;
    soon.number.bind(args)?;
    soon.hash.bind(args)?;
    batch.followed.version.bind(args)
}

/// Lets readers see what is copied up to `to`: its state is written in the same transaction.
///
/// # Errors
/// [`Error::LeaseLost`] if another may write now, [`Error::CursorMoved`] if another has written.
pub(super) async fn catch_up(connection: &mut Connection, lease: Option<&Lease>, from: Stands, to: &BlockRef) -> Result<()> {
    let left = |column: &str| format!("{column} = case when copied_block > $7 then {column} end");
    let update = format!(
        "{HELD} update cursor set block_number = $7, block_hash = $8, block_time = $9, {}, {}, {}, moved_at = now()
          where {HOLDS} and block_number = $4 and block_hash = $5 and revision = $6
            and (copied_block > $7 or (copied_block = $7 and copied_hash = $8))",
        left("copied_block"),
        left("copied_hash"),
        left("copied_time"),
    );
    let args = args![lease, from.projected.number, from.projected.hash, from.revision, to.number, to.hash, to.timestamp];
    if run(&mut *connection, AssertSqlSafe(update), args).await? == 1 {
        return Ok(());
    }
    match lease {
        Some(lease) if !lease::is_current(connection, lease).await? => Err(Error::LeaseLost { name: lease.name.clone() }),
        _ => Err(Error::CursorMoved { expected: to.number }),
    }
}

/// Fails unless readers see what a writer takes them to see. Nobody moves that while he alone writes state.
///
/// # Errors
/// [`Error::CursorMoved`].
pub(super) async fn require_seen(connection: &mut Connection, from: Stands) -> Result<()> {
    let select = "select exists (select from cursor where block_number = $1 and block_hash = $2 and revision = $3)";
    let is_seen: bool = one(connection, select, args![from.projected.number, from.projected.hash, from.revision]).await?;
    if is_seen { Ok(()) } else { Err(Error::CursorMoved { expected: from.copied.number }) }
}

/// Whoever writes what follows from events does it alone until the transaction ends. It is taken before the cursor's row, which is held by
/// those, too, who only copy events.
pub(super) async fn lock_state(connection: &mut Connection) -> Result<()> {
    run(connection, "select pg_advisory_xact_lock(hashtext('linkpool state'))", args![]).await?;
    Ok(())
}

/// Where the cursor stands, which nobody moves until the transaction ends; `None` before anything is followed.
pub(super) async fn hold(connection: &mut Connection) -> Result<Option<Stands>> {
    lock_state(connection).await?;
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
