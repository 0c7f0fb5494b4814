//! Follows the database and tells every open stream what changed.
//!
//! A notice of the database only says that something happened; what happened is read from the tables, so a missed notice
//! delays news and never loses any.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_db::{
    Connections, Reader,
    cursor::Cursor,
    read::{EventPosition, Fate, Snapshot},
};
use linkpool_primitives::BlockRef;
use tokio::sync::{broadcast, mpsc, watch};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use crate::{as_of::AsOf, batch::Batch, statistics::Statistics, update::Update};

/// Batches a slow client may be behind before it is dropped; its browser reconnects and resumes.
const BACKLOG: usize = 128;
/// Events told one by one after a step of the indexer. During a backfill there are more, and nobody watches them go by.
pub(crate) const MAX_EVENTS: usize = 2_000;
/// How long after a lost notice the tables are looked at again.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// How long the present is taken to be what it was at the last look. Then the database may be gone, or stand elsewhere.
const MAX_AGE: Duration = Duration::from_secs(10);
/// How often whoever waits looks whether the database has gone.
const GONE_INTERVAL: Duration = Duration::from_millis(100);

/// The API's view of the present, shared by all requests.
#[derive(Debug)]
pub(crate) struct Live {
    updates: broadcast::Sender<Batch>,
    as_of: watch::Receiver<Option<(AsOf, Instant)>>,
}

impl Live {
    pub fn start(database: Reader, statistics: Arc<Statistics>, shutdown: CancellationToken) -> Self {
        let updates = broadcast::Sender::new(BACKLOG);
        let (sender, as_of) = watch::channel(None);
        let phases = crate::phases::follow(database.clone(), updates.clone());
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(phases));
        let follower = Follower { database, statistics, updates: updates.clone(), as_of: sender, seen: None, failing: false };
        tokio::spawn(shutdown.clone().run_until_cancelled_owned(follower.run()));
        Self { updates, as_of }
    }

    /// As of when the tables are, at most a moment ago; `None` while nobody can tell.
    pub fn as_of(&self) -> Option<AsOf> {
        let (as_of, seen_at) = (*self.as_of.borrow())?;
        (seen_at.elapsed() < MAX_AGE).then_some(as_of)
    }

    /// Ends after so long a wait, once the database has answered nobody for as long.
    pub async fn gone_for(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
        while self.as_of.borrow().is_some_and(|(_, seen_at)| seen_at.elapsed() < wait) {
            tokio::time::sleep(GONE_INTERVAL).await;
        }
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Batch> {
        self.updates.subscribe()
    }
}

struct Follower {
    database: Reader,
    statistics: Arc<Statistics>,
    updates: broadcast::Sender<Batch>,
    as_of: watch::Sender<Option<(AsOf, Instant)>>,
    /// Everything up to this block has been told, and what was replaced up to this revision.
    seen: Option<(BlockRef, u64)>,
    failing: bool,
}

impl Follower {
    async fn run(mut self) {
        loop {
            match self.listen().await {
                Ok(()) => {}
                Err(error) if self.failing => tracing::debug!(%error, "still no word from the database"),
                Err(error) => tracing::warn!(%error, "cannot follow the database; trying again every second"),
            }
            self.failing = true;
            self.as_of.send_replace(None);
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn listen(&mut self) -> Result<(), linkpool_db::Error> {
        let mut notices = self.database.notices().await?;
        if std::mem::take(&mut self.failing) {
            tracing::info!("over: the database is followed again");
        }
        let (sender, mut inbox) = mpsc::channel(64);
        // A task of its own, because a wait for a notice that is cut short may lose the notice.
        let reader = tokio::spawn(async move {
            loop {
                let notice = notices.next().await;
                let failed = notice.is_err();
                if sender.send(notice).await.is_err() || failed {
                    return;
                }
            }
        });
        let _stop = AbortOnDropHandle::new(reader);
        loop {
            self.step().await?;
            match tokio::time::timeout(POLL_INTERVAL, inbox.recv()).await {
                Err(_) => {}
                Ok(None) => return Ok(()),
                // What it says is read from the tables, where it also stands if the notice is lost.
                Ok(Some(notice)) => {
                    notice?;
                }
            }
        }
    }

    /// Tells what changed since the last step.
    async fn step(&mut self) -> Result<(), linkpool_db::Error> {
        let Connections { open, used } = self.database.connections();
        for (state, count) in [("open", open), ("used", used)] {
            metrics::gauge!("linkpool_api_database_connections", "state" => state).set(count as f64);
        }
        let Some(mut snapshot) = self.database.snapshot().await? else { return Ok(()) };
        let cursor = snapshot.cursor().clone();
        let as_of = AsOf::of(&cursor);
        let Some(seen) = self.seen.replace((cursor.block, cursor.revision)) else {
            self.as_of.send_replace(Some((as_of, Instant::now())));
            return Ok(());
        };
        let told = self.tell(&mut snapshot, &cursor, seen).await;
        if told.is_err() {
            self.seen = Some(seen);
        }
        // After the figures that are no longer true have been forgotten, and before anybody hears of the new ones.
        self.as_of.send_replace(Some((as_of, Instant::now())));
        for batch in Batch::all(&told?) {
            // Nobody listening is no failure.
            let _ = self.updates.send(batch);
        }
        Ok(())
    }

    async fn tell(
        &self,
        snapshot: &mut Snapshot,
        cursor: &Cursor,
        (seen, revision): (BlockRef, u64),
    ) -> Result<Vec<Update>, linkpool_db::Error> {
        let mut updates = Vec::new();
        let mut from = seen.number;
        if let Some(first) = replaced(snapshot, &seen, revision).await? {
            self.statistics.forget().await;
            updates.push(Update::reorg(first));
            from = first.saturating_sub(1);
        } else if seen.hash == cursor.block.hash {
            return Ok(updates);
        }
        let as_of = AsOf::of(cursor);
        let (after, through) = (EventPosition::end_of(from), EventPosition::end_of(cursor.block.number));
        let events = snapshot.events_after(after, MAX_EVENTS as u32 + 1).await?;
        let announced = snapshot.announcements_after(after, MAX_EVENTS as u32 + 1).await?;
        if events.len() + announced.len() > MAX_EVENTS {
            updates.push(Update::reorg(from + 1));
        } else {
            updates.extend(Update::merged(events, &announced, (after, through), &as_of));
        }
        updates.push(Update::head(&cursor.block));
        Ok(updates)
    }
}

/// The first block that was replaced since `seen` was told, if any was.
async fn replaced(snapshot: &mut Snapshot, seen: &BlockRef, revision: u64) -> Result<Option<u64>, linkpool_db::Error> {
    if let Some(first) = snapshot.replaced_since(revision).await? {
        return Ok((first <= seen.number).then_some(first));
    }
    if snapshot.is_part_of_chain(seen.number, seen.hash.as_slice()).await? {
        return Ok(None);
    }
    // Another database stands behind the same address, such as one that was restored.
    match snapshot.fate_of(seen.number, seen.hash.as_slice()).await? {
        Fate::Stands => Ok(None),
        Fate::Replaced { first_invalid } => Ok(Some(first_invalid)),
    }
}
