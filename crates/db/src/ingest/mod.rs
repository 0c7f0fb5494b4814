//! The indexer's writes: a range of blocks is one transaction, and so is a reorg.

mod affected_keys;
mod at_once;
mod batch;
mod changes;
mod cursor;
pub(crate) mod deferred;
mod projection;
mod repair;
mod replay;
mod restore;
mod resume;
pub(crate) mod revision;
mod writer;
mod writing_behind;

use linkpool_primitives::{B256, BlockRef};

use crate::{
    Database, Error, Result, contract_event, dead_letter,
    event::EventRow,
    events::{Events, Part},
    followed, history,
    lease::{self, Lease},
    notice::Notice,
    pool::Connection,
    statement::{all, args, run},
};
use affected_keys::AffectedKeys;
pub use batch::{Batch, HEADER_WINDOW, Header, OfFollowed};
use cursor::Stands;
use projection::Projection;
pub use repair::{Repair, Repaired};
pub use resume::{KeptHeader, Last, LastOfNode, LastValues, Resume};
pub use revision::RESUME_WINDOW;
use revision::keep_headers;
pub use writer::Writer;

/// What must still hold when a write commits: where the cursor stands, and who may write.
#[derive(Debug, Clone, Copy)]
pub struct Fence<'a> {
    pub expected: &'a BlockRef,
    pub lease: Option<&'a Lease>,
}

/// Fenced by the cursor alone: for a writer that nobody competes with.
impl<'a> From<&'a BlockRef> for Fence<'a> {
    fn from(expected: &'a BlockRef) -> Self {
        Self { expected, lease: None }
    }
}

impl<'a> From<(&'a BlockRef, &'a Lease)> for Fence<'a> {
    fn from((expected, lease): (&'a BlockRef, &'a Lease)) -> Self {
        Self { expected, lease: Some(lease) }
    }
}

impl Fence<'_> {
    /// The first statement of a write: the lease's row stays locked against a take-over until the transaction ends.
    async fn check_lease(&self, connection: &mut Connection) -> Result<()> {
        match self.lease {
            Some(lease) => check_lease(connection, lease).await,
            None => Ok(()),
        }
    }

    /// Then the cursor is locked against another writer. Whatever is ahead of the state is written first, so that what follows finds
    /// one block, whole.
    async fn pass(&self, connection: &mut Connection, batch: &Batch) -> Result<()> {
        self.check_lease(connection).await?;
        let stands = replay::catch_up_to(connection, self.expected).await?;
        cursor::advance(connection, stands, batch).await
    }
}

async fn check_lease(connection: &mut Connection, lease: &Lease) -> Result<()> {
    if lease::is_current(connection, lease).await? { Ok(()) } else { Err(Error::LeaseLost { name: lease.name.clone() }) }
}

impl Database {
    /// Writes the blocks after the fence's, where the cursor must stand, with all that follows from them.
    ///
    /// # Errors
    /// [`Error::CursorMoved`] if another indexer wrote first, [`Error::LeaseLost`] if another may write now; nothing is
    /// written then.
    pub async fn append(&self, fence: impl Into<Fence<'_>>, batch: &Batch) -> Result<()> {
        let fence = fence.into();
        let mut transaction = self.pool.begin().await?;
        fence.pass(&mut transaction, batch).await?;
        if batch.is_tip() {
            deferred::build(&mut transaction).await?;
        }
        write(&mut transaction, batch).await?;
        let notice = Notice::Indexed { from: fence.expected.number, to: batch.to.number, events: batch.events.len() };
        notice.send(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Brings the state up to the events that are copied ahead of it, if any are: for who is not the [`Writer`], or follows another.
    pub async fn catch_up(&self) -> Result<()> {
        self.catch_up_under(None).await
    }

    async fn catch_up_under(&self, lease: Option<&Lease>) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        if let Some(lease) = lease {
            check_lease(&mut transaction, lease).await?;
        }
        replay::catch_up(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// Replaces everything above `ancestor` by the new branch. A reader sees the old branch or the new one, never half.
    pub async fn replace(&self, fence: impl Into<Fence<'_>>, ancestor: &BlockRef, branch: &Batch) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let fence = fence.into();
        fence.pass(&mut transaction, branch).await?;
        deferred::build(&mut transaction).await?;
        let affected = AffectedKeys::above(&mut transaction, ancestor.number).await?;
        for statement in ["delete from event where block_number > $1", "delete from dead_letter where block_number > $1"] {
            run(&mut *transaction, statement, args![ancestor.number]).await?;
        }
        revision::replace_headers(&mut transaction, fence.expected, ancestor, branch).await?;
        restore::restore(&mut transaction, &affected).await?;
        history::restore(&mut transaction, ancestor.number, &affected.nodes, &affected.positions.1).await?;
        followed::take_back(&mut transaction, ancestor.number).await?;
        write(&mut transaction, branch).await?;
        keep_ancestor(&mut transaction, ancestor).await?;
        Notice::Reorg { first_invalid: ancestor.number + 1, to: branch.to.number }.send(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// The headers still kept, newest first.
    pub async fn headers(&self) -> Result<Vec<(u64, B256)>> {
        let select = "select block_number, block_hash::bytea from block order by block_number desc";
        all(&self.pool, select, args![]).await
    }
}

async fn write(connection: &mut Connection, batch: &Batch) -> Result<()> {
    let mut projection = Projection::default();
    projection.prepare(connection, &batch.events).await?;
    copy(connection, batch, |part| projection.take(part.rows())).await?;
    projection.write(connection).await
}

/// What is written of every block, whatever follows from it.
async fn copy(connection: &mut Connection, batch: &Batch, meanwhile: impl FnMut(&Part)) -> Result<()> {
    copy_events(connection, &batch.events, meanwhile).await?;
    contract_event::insert(connection, &batch.followed.events).await?;
    dead_letter::insert(connection, &batch.dead_letters).await?;
    followed::reconcile(connection, &batch.events.owner_blocks()).await?;
    keep_headers(connection, batch).await
}

/// `meanwhile` is done with each part while the server reads it.
async fn copy_events(connection: &mut Connection, events: &Events, mut meanwhile: impl FnMut(&Part)) -> Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let statement = format!("copy event ({}) from stdin (format binary)", EventRow::columns());
    let mut copy = connection.copy(&statement).await?;
    for part in events.parts() {
        copy.send(part.encoded()).await?;
        meanwhile(part);
    }
    copy.finish().await?;
    Ok(())
}

/// The next reorg may part here, too. The header may have been dropped as final before a repair reached down to it; its parent is
/// then not known, and nobody asks for it.
async fn keep_ancestor(connection: &mut Connection, ancestor: &BlockRef) -> Result<()> {
    let insert =
        "insert into block (block_number, block_hash, parent_hash, block_time) values ($1, $2, $3, $4) on conflict do nothing";
    run(connection, insert, args![ancestor.number, ancestor.hash, B256::ZERO.as_slice(), ancestor.timestamp]).await?;
    Ok(())
}
