//! The one instance that writes, and what it remembers from write to write.
//!
//! While old blocks are read, events are copied, and what follows from them, state and history, is folded in memory. It is written when
//! it has become large, when nothing more comes for a while, and before anything else is done; until then the database says with a second
//! cursor that the events are ahead, and readers see the block that the state is of. Nothing depends on this memory: whoever finds events
//! ahead of the state takes them from the table (`replay`).

use std::time::{Duration, Instant};

use linkpool_primitives::BlockRef;

use super::{
    Batch, Fence, LastValues, Projection, Resume, Stands, check_lease, copy,
    cursor::{self, advance, advance_copied},
    deferred,
    projection::MAX_BEHIND_BYTES,
    replay,
};
use crate::{Database, Result, lease::Lease, notice::Notice};

/// What is folded and not written is not older than this: whoever watches a long backfill sees it come.
const MAX_BEHIND_AGE: Duration = Duration::from_secs(10);

/// Writes what an indexer reads from the chain. There may be several; one that is not the newest writes nothing.
#[derive(Debug)]
pub struct Writer {
    database: Database,
    /// What is known of the rows as the last write left them; `None` where that is not known.
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    projection: Projection,
    stands: Stands,
    /// Since when the state is behind, and by how many events.
    behind: Option<(Instant, usize)>,
}

impl Writer {
    pub fn new(database: Database) -> Self {
        Self { database, known: None }
    }

    /// Where to go on. The state is brought up to the events first.
    pub async fn resume(&mut self, lease: &Lease) -> Result<Option<Resume>> {
        self.catch_up(lease).await?;
        self.database.resume().await
    }

    /// The last values as they were after block `at`. The state is brought up to the events first.
    pub async fn last_values(&mut self, lease: &Lease, at: u64) -> Result<LastValues> {
        self.catch_up(lease).await?;
        self.database.last_values(at).await
    }

    /// Writes the blocks after the fence's; old ones ahead of the state that follows from them.
    ///
    /// # Errors
    /// As [`Database::append`].
    pub async fn append(&mut self, expected: &BlockRef, lease: &Lease, batch: &Batch) -> Result<()> {
        let fence = Fence::from((expected, lease));
        // Should anything fail, what is known is not: then the database is asked.
        let known = self.known.take().filter(|known| known.stands.copied.hash == expected.hash);
        if batch.is_tip() {
            self.known = Some(self.append_at_tip(fence, known, batch).await?);
            return Ok(());
        }
        let known = self.known.insert(self.append_ahead(fence, known, batch).await?);
        let is_old = known.behind.is_some_and(|(since, _)| since.elapsed() > MAX_BEHIND_AGE);
        if is_old || known.projection.bytes() > MAX_BEHIND_BYTES {
            self.write_behind(lease).await?;
        }
        Ok(())
    }

    /// As [`Database::replace`].
    pub async fn replace(&mut self, expected: &BlockRef, lease: &Lease, ancestor: &BlockRef, branch: &Batch) -> Result<()> {
        self.known = None;
        self.database.replace((expected, lease), ancestor, branch).await
    }

    /// Whether events are ahead of the state, as far as this one knows.
    pub fn is_behind(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.behind.is_some())
    }

    /// Brings the state up to the events.
    pub async fn catch_up(&mut self, lease: &Lease) -> Result<()> {
        if self.is_behind() {
            return self.write_behind(lease).await;
        }
        self.database.catch_up_under(Some(lease)).await
    }

    /// Builds one of the indexes that were left out while a chain was read from its beginning, in a transaction of its own. False where
    /// none is missing.
    pub async fn build_index(&self) -> Result<bool> {
        deferred::build_one(&self.database).await
    }

    async fn append_at_tip(&self, fence: Fence<'_>, known: Option<Known>, batch: &Batch) -> Result<Known> {
        let mut transaction = self.database.pool.begin().await?;
        fence.check_lease(&mut transaction).await?;
        let Known { mut projection, stands, behind } = match known {
            Some(known) => known,
            None => {
                let stands = replay::catch_up_to(&mut transaction, fence.expected).await?;
                Known { projection: Projection::default(), stands, behind: None }
            }
        };
        advance(&mut transaction, stands, batch).await?;
        copy(&mut transaction, batch).await?;
        projection.take(&mut transaction, &batch.events).await?;
        projection.write(&mut transaction).await?;
        let events = behind.map_or(0, |(_, events)| events) + batch.events.len();
        Notice::Indexed { from: stands.projected.number, to: batch.to.number, events }.send(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Known { projection, stands: stands.at(batch.to), behind: None })
    }

    async fn append_ahead(&self, fence: Fence<'_>, known: Option<Known>, batch: &Batch) -> Result<Known> {
        let mut transaction = self.database.pool.begin().await?;
        fence.check_lease(&mut transaction).await?;
        let Known { mut projection, stands, behind } = match known {
            Some(known) => known,
            None => {
                let stands = replay::catch_up_to(&mut transaction, fence.expected).await?;
                Known { projection: Projection::begin(&mut transaction).await?, stands, behind: None }
            }
        };
        advance_copied(&mut transaction, stands, batch).await?;
        copy(&mut transaction, batch).await?;
        projection.take(&mut transaction, &batch.events).await?;
        transaction.commit().await?;
        let (since, events) = behind.unwrap_or_else(|| (Instant::now(), 0));
        let stands = Stands { copied: batch.to, ..stands };
        Ok(Known { projection, stands, behind: Some((since, events + batch.events.len())) })
    }

    /// Writes what is folded.
    async fn write_behind(&mut self, lease: &Lease) -> Result<()> {
        let Some(Known { mut projection, stands, behind }) = self.known.take() else { return Ok(()) };
        let mut transaction = self.database.pool.begin().await?;
        check_lease(&mut transaction, lease).await?;
        cursor::catch_up(&mut transaction, stands).await?;
        projection.write(&mut transaction).await?;
        let events = behind.map_or(0, |(_, events)| events);
        Notice::Indexed { from: stands.projected.number, to: stands.copied.number, events }.send(&mut transaction).await?;
        transaction.commit().await?;
        self.known = Some(Known { projection, stands: stands.at(stands.copied), behind: None });
        Ok(())
    }
}
