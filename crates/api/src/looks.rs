//! Where the cursor stands, asked once for all who want to know at the same time.
//!
//! An answer that was made before may be given again only while its block stands, and whoever asks after a block is written is not to
//! get the one before it. So each request waits for a look that began after it came; while one is under way, those that come wait
//! together for the next.

use std::sync::Arc;

use linkpool_db::{Reader, cursor::Cursor};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// As many as there are connections to this server.
const MAX_WAITING: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Looks(mpsc::Sender<Waiting>);

type Waiting = oneshot::Sender<Option<Arc<Cursor>>>;

impl Looks {
    pub fn start(database: Reader, shutdown: CancellationToken) -> Self {
        let (sender, waiting) = mpsc::channel(MAX_WAITING);
        let seen = move || {
            let database = database.clone();
            // Why it is not known, says whoever reads on.
            async move { database.cursor().await.ok().flatten().map(Arc::new) }
        };
        tokio::spawn(shutdown.run_until_cancelled_owned(look(seen, waiting)));
        Self(sender)
    }

    /// Where it stands now; `None` where nobody can tell.
    pub async fn look(&self) -> Option<Arc<Cursor>> {
        let (sender, seen) = oneshot::channel();
        self.0.send(sender).await.ok()?;
        seen.await.ok().flatten()
    }
}

async fn look<F: Future<Output = Option<Arc<Cursor>>>>(look: impl Fn() -> F, mut waiting: mpsc::Receiver<Waiting>) {
    let mut together = Vec::new();
    while waiting.recv_many(&mut together, MAX_WAITING).await > 0 {
        // Whoever can ask by now is to have this look, too: where many ask, each look costs as much as several answers.
        tokio::task::yield_now().await;
        while let Ok(one) = waiting.try_recv() {
            together.push(one);
        }
        let seen = look().await;
        for one in together.drain(..) {
            // Who has gone away wants nothing.
            let _ = one.send(seen.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use linkpool_db::cursor::Tags;
    use linkpool_primitives::{B256, BlockRef, IndexerState};
    use tokio::sync::Semaphore;

    use super::*;

    fn at(number: u64) -> Cursor {
        Cursor {
            block: BlockRef { number, hash: B256::ZERO, timestamp: 0 },
            tags: Tags::default(),
            state: IndexerState::Ok,
            state_detail: None,
            seen_seconds_ago: 0,
            revision: 0,
        }
    }

    #[tokio::test]
    async fn who_comes_while_a_look_is_under_way_waits_for_the_next_together_with_the_others() {
        let (sender, waiting) = mpsc::channel(MAX_WAITING);
        let (began, may_end) = (Arc::new(AtomicU64::new(0)), Arc::new(Semaphore::new(0)));
        let under_way = began.clone();
        let ends = may_end.clone();
        // Each look sees the block whose number says how many there were, and ends when it may.
        tokio::spawn(look(
            move || {
                let number = under_way.fetch_add(1, Ordering::SeqCst) + 1;
                let ends = ends.clone();
                async move {
                    ends.acquire().await.unwrap().forget();
                    Some(Arc::new(at(number)))
                }
            },
            waiting,
        ));
        let looks = Arc::new(Looks(sender));
        let come = || {
            tokio::spawn({
                let looks = looks.clone();
                async move { looks.look().await.unwrap().block.number }
            })
        };
        let first = come();
        while began.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let later: Vec<_> = (0..3).map(|_| come()).collect();
        // They are in the queue before the first look ends.
        while looks.0.capacity() > MAX_WAITING - later.len() {
            tokio::task::yield_now().await;
        }
        may_end.add_permits(1);
        assert_eq!(first.await.unwrap(), 1);
        may_end.add_permits(1);
        for one in later {
            assert_eq!(one.await.unwrap(), 2);
        }
        assert_eq!(began.load(Ordering::SeqCst), 2);
    }
}
