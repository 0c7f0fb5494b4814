//! As few connections as will do. Most statements take a moment, so whoever finds every connection used waits for one of them before
//! another is made: each that is made is kept for minutes, takes a process of the server, and is nobody's need any more a moment later.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use sqlx::PgPool;
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

/// So many are made without waiting for others.
const AT_ONCE: u32 = 2;
/// Between two looks for one that came back: the driver tells nobody.
const POLL_INTERVAL: Duration = Duration::from_millis(1);

/// One pool's queue of those who wait for a connection that is used.
#[derive(Debug, Default)]
pub(super) struct Few {
    turn: Mutex<()>,
    /// Idle connections that were promised, until whoever has the promise works with them.
    promised: Arc<AtomicUsize>,
}

/// Of an idle connection.
#[derive(Debug)]
pub(super) struct Promise(Arc<AtomicUsize>);

impl Drop for Promise {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

impl Few {
    /// Waits for a connection that is not used, or for `moment`; then another is to be made.
    pub async fn wait(&self, pool: &PgPool, moment: Duration) -> Option<Promise> {
        timeout(moment, self.next(pool)).await.unwrap_or_default()
    }

    async fn next(&self, pool: &PgPool) -> Option<Promise> {
        let _turn = self.turn.lock().await;
        while pool.size() >= AT_ONCE {
            if pool.num_idle() > self.promised.load(SeqCst) {
                self.promised.fetch_add(1, SeqCst);
                return Some(Promise(self.promised.clone()));
            }
            sleep(POLL_INTERVAL).await;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use linkpool_testkit::TestDatabase;
    use tokio::time::Instant;

    use super::super::{Connection, Pool, Rules};
    use super::*;
    use crate::{Connect, target::Target};

    const BURST: usize = 8;
    const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

    async fn pool(moment: Duration, life: Duration) -> (TestDatabase, Pool) {
        let test_database = TestDatabase::create().await.unwrap();
        let connect = Connect::new(test_database.url()).patient();
        let rules = Rules { moment, life, ..connect.writing() };
        (test_database, Pool::new(Target::of(&connect).unwrap(), rules))
    }

    async fn used(pool: &Pool, count: usize) -> Vec<Connection> {
        let mut used = Vec::new();
        for _ in 0..count {
            used.push(pool.acquire().await.unwrap());
        }
        used
    }

    #[tokio::test]
    async fn who_finds_all_connections_used_gets_the_one_that_comes_back_first_and_no_new_one_is_made() {
        let (_test_database, pool) = pool(WAIT_TIMEOUT, WAIT_TIMEOUT).await;
        let mut both = used(&pool, AT_ONCE as usize).await;
        let waiting: Vec<_> = (0..BURST)
            .map(|_| {
                tokio::spawn({
                    let pool = pool.clone();
                    async move { drop(pool.acquire().await.unwrap()) }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|waiting| !waiting.is_finished()));
        both.pop();
        for waiting in waiting {
            waiting.await.unwrap();
        }
        assert_eq!(pool.inner.size(), AT_ONCE);
    }

    #[tokio::test]
    async fn after_a_moment_another_is_made_and_after_a_burst_there_are_few_again() {
        let (_test_database, pool) = pool(POLL_INTERVAL, Duration::from_secs(1)).await;
        let burst = used(&pool, BURST).await;
        assert_eq!(pool.inner.size() as usize, BURST);
        drop(burst);
        // Somebody needs one now and then: each has its turn, and is never idle for long.
        let begun = Instant::now();
        while pool.inner.size() > AT_ONCE {
            assert!(begun.elapsed() < WAIT_TIMEOUT, "{} connections stay", pool.inner.size());
            drop(pool.acquire().await.unwrap());
            sleep(POLL_INTERVAL).await;
        }
    }
}
