//! The one instance that writes, and what it remembers from write to write.
//!
//! While old blocks are read, events are copied, and what follows from them, state and history, is folded in memory. It is written beside the
//! next events when it has become large, and before anything else is done; until then the database says with a second cursor that the
//! events are ahead, and readers see the block that the state is of. Nothing depends on this memory: whoever finds events ahead of the
//! state takes them from the table (`replay`).

use std::time::{Duration, Instant};

use linkpool_primitives::BlockRef;

use super::{
    Batch, Fence, LastValues, Projection, Resume, Stands, at_once, check_lease, copy,
    cursor::{advance, advance_copied},
    deferred, replay,
    writing_behind::WritingBehind,
};
use crate::{Database, Result, lease::Lease, notice::Notice};

/// What is folded and not handed over holds no more than this, and what one batch adds; what is being written as much again, and less with
/// each table that is.
const MAX_BEHIND_BYTES: usize = 16 << 20;
/// What is folded and not written is not older than this: whoever watches a long backfill sees it come.
const MAX_BEHIND_AGE: Duration = Duration::from_secs(10);

/// Writes what an indexer reads from the chain. There may be several; one that is not the newest writes nothing.
#[derive(Debug)]
pub struct Writer {
    database: Database,
    /// What is known of the rows as the last write left them; `None` where that is not known.
    known: Option<Known>,
    /// What was folded and is being written.
    behind: Option<WritingBehind>,
    most_bytes: usize,
}

#[derive(Debug)]
struct Known {
    projection: Projection,
    stands: Stands,
    /// Since when something is folded that is not handed over, and of how many events.
    folded: Option<(Instant, usize)>,
}

impl Writer {
    pub fn new(database: Database) -> Self {
        Self { database, known: None, behind: None, most_bytes: MAX_BEHIND_BYTES }
    }

    /// What is folded is written as soon as it holds so much.
    #[must_use]
    pub fn folds_at_most(self, most_bytes: usize) -> Self {
        Self { most_bytes, ..self }
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
        let goes_on = self.known.as_ref().is_some_and(|known| known.stands.copied.hash == expected.hash);
        if batch.is_tip() || !goes_on || self.behind.as_ref().is_some_and(WritingBehind::has_ended) {
            self.until_written().await?;
        }
        // Should anything fail, what is known is not: then the database is asked.
        let known = self.known.take().filter(|_| goes_on);
        if batch.is_tip() {
            self.known = Some(self.append_at_tip(expected, lease, known, batch).await?);
            return Ok(());
        }
        let known = self.known.insert(self.append_ahead(Fence::from((expected, lease)), known, batch).await?);
        let is_old = known.folded.is_some_and(|(since, _)| since.elapsed() > MAX_BEHIND_AGE);
        // While nobody writes, half of it is enough: the sooner, the less is left at the end.
        let most = if self.behind.is_some() { self.most_bytes } else { self.most_bytes / 2 };
        if is_old || known.projection.bytes() > most {
            // One after the other: what is folded later is written over what was folded before.
            self.until_written().await?;
            self.hand_over(lease);
        }
        Ok(())
    }

    /// As [`Database::replace`].
    pub async fn replace(&mut self, expected: &BlockRef, lease: &Lease, ancestor: &BlockRef, branch: &Batch) -> Result<()> {
        let settled = self.until_written().await;
        self.known = None;
        settled?;
        self.database.replace((expected, lease), ancestor, branch).await
    }

    /// Whether events are ahead of the state, as far as this one knows.
    pub fn is_behind(&self) -> bool {
        self.behind.is_some() || self.known.as_ref().is_some_and(|known| known.folded.is_some())
    }

    /// Brings the state up to the events.
    pub async fn catch_up(&mut self, lease: &Lease) -> Result<()> {
        self.until_written().await?;
        if self.is_behind() {
            self.hand_over(lease);
            return self.until_written().await;
        }
        self.database.catch_up_under(Some(lease)).await
    }

    /// Waits until what is being written beside everything else is written.
    pub async fn finish(&mut self) -> Result<()> {
        self.until_written().await
    }

    /// Builds two of the indexes that were left out while a chain was read from its beginning, each in a transaction of its own. False
    /// where none is missing.
    pub async fn build_indexes(&self) -> Result<bool> {
        deferred::build_some(&self.database).await
    }

    async fn append_at_tip(&self, expected: &BlockRef, lease: &Lease, known: Option<Known>, batch: &Batch) -> Result<Known> {
        let Known { mut projection, stands, folded } = match known {
            Some(known) => known,
            None => self.found(expected, lease).await?,
        };
        let events = folded.map_or(0, |(_, events)| events) + batch.events.len();
        let notice = Notice::Indexed { from: stands.projected.number, to: batch.to.number, events };
        // What is read here holds as long as both cursors and the revision stand where they do.
        projection.prepare(&mut self.database.pool.acquire().await?, &batch.events).await?;
        projection.take(batch.events.iter());
        let unwritten = projection.hand_over();
        if at_once::is_small(batch) && unwritten.is_small() {
            at_once::append(&self.database, lease, stands, batch, &unwritten, &notice).await?;
        } else {
            let mut transaction = self.database.pool.begin().await?;
            check_lease(&mut transaction, lease).await?;
            advance(&mut transaction, stands, batch).await?;
            copy(&mut transaction, batch, |_| {}).await?;
            unwritten.write(&mut transaction).await?;
            notice.send(&mut transaction).await?;
            transaction.commit().await?;
        }
        projection.written();
        Ok(Known { projection, stands: stands.at(batch.to), folded: None })
    }

    /// What can be known of the rows by the database alone, with nothing ahead.
    async fn found(&self, expected: &BlockRef, lease: &Lease) -> Result<Known> {
        let mut transaction = self.database.pool.begin().await?;
        check_lease(&mut transaction, lease).await?;
        let stands = replay::catch_up_to(&mut transaction, expected).await?;
        transaction.commit().await?;
        Ok(Known { projection: Projection::default(), stands, folded: None })
    }

    async fn append_ahead(&self, fence: Fence<'_>, known: Option<Known>, batch: &Batch) -> Result<Known> {
        let mut transaction = self.database.pool.begin().await?;
        fence.check_lease(&mut transaction).await?;
        let Known { mut projection, stands, folded } = match known {
            Some(known) => known,
            None => {
                let stands = replay::catch_up_to(&mut transaction, fence.expected).await?;
                Known { projection: Projection::begin(&mut transaction).await?, stands, folded: None }
            }
        };
        let soon = self.behind.as_ref().map_or(stands.projected, WritingBehind::to);
        advance_copied(&mut transaction, stands, &soon, batch).await?;
        projection.prepare(&mut transaction, &batch.events).await?;
        copy(&mut transaction, batch, |part| projection.take(part.rows())).await?;
        transaction.commit().await?;
        let (since, events) = folded.unwrap_or_else(|| (Instant::now(), 0));
        let stands = Stands { copied: batch.to, ..stands };
        Ok(Known { projection, stands, folded: Some((since, events + batch.events.len())) })
    }

    /// Has what is folded written, beside whatever is done next.
    fn hand_over(&mut self, lease: &Lease) {
        let Some(known) = &mut self.known else { return };
        let Some((_, events)) = known.folded.take() else { return };
        let unwritten = known.projection.hand_over();
        self.behind = Some(WritingBehind::begin(self.database.clone(), lease.clone(), known.stands, unwritten, events));
    }

    /// Waits until what was handed over is written.
    async fn until_written(&mut self) -> Result<()> {
        let Some(mut behind) = self.behind.take() else { return Ok(()) };
        // Should it fail, or nobody wait for it to the end, the database is asked.
        let known = self.known.take();
        behind.ended().await?;
        self.known = known.map(|mut known| {
            known.stands.projected = behind.to();
            known.projection.written();
            known
        });
        Ok(())
    }
}
