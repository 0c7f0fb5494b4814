//! What was folded is written, in a transaction and on a connection of its own, beside the events that are copied meanwhile.
//!
//! It takes the lock of those who write state first, the lease and the cursor's row last, right before it commits: so whoever copies events
//! waits for it no longer than for a commit, another instance never, and whoever else writes state waits until it has ended.

use linkpool_primitives::BlockRef;
use tokio::task::JoinHandle;

use super::{Stands, cursor, projection::Unwritten};
use crate::{Database, Error, Result, lease::Lease, notice::Notice};

/// Dropped before its end it is given up.
#[derive(Debug)]
pub(super) struct WritingBehind {
    to: BlockRef,
    task: JoinHandle<Result<()>>,
}

impl Drop for WritingBehind {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl WritingBehind {
    /// Begins to write what follows from the events between both ends of `stands`.
    pub fn begin(database: Database, lease: Lease, stands: Stands, unwritten: Unwritten, events: usize) -> Self {
        let task = tokio::spawn(async move { write(&database, &lease, stands, unwritten, events).await });
        Self { to: stands.copied, task }
    }

    /// The block that readers see when it is written.
    pub fn to(&self) -> BlockRef {
        self.to
    }

    /// Whether waiting for it takes no time.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    pub async fn ended(&mut self) -> Result<()> {
        match (&mut self.task).await {
            Ok(written) => written,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime ends.
            Err(_) => Err(Error::Query(sqlx::Error::PoolClosed)),
        }
    }
}

async fn write(database: &Database, lease: &Lease, stands: Stands, unwritten: Unwritten, events: usize) -> Result<()> {
    let mut transaction = database.pool.begin().await?;
    cursor::lock_state(&mut transaction).await?;
    cursor::require_seen(&mut transaction, stands).await?;
    unwritten.write(&mut transaction).await?;
    cursor::catch_up(&mut transaction, Some(lease), stands, &stands.copied).await?;
    Notice::Indexed { from: stands.projected.number, to: stands.copied.number, events }.send(&mut transaction).await?;
    Ok(transaction.commit().await?)
}
