//! Who may write: whoever knows where the cursor stands, by number and hash, and holds the lease until the write has ended.

use std::time::{Duration, Instant};

use linkpool_db::{Error, lease::Leader};
use sqlx::{Connection, PgConnection};

use crate::read::{batch, block, followed};

const LEASE_DURATION: Duration = Duration::from_millis(200);
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// Waits until the query says yes, or `ended` does.
async fn until(connection: &mut PgConnection, question: &'static str, ended: impl Fn() -> bool) {
    let deadline = Instant::now() + WAIT_TIMEOUT;
    while !ended() && !sqlx::query_scalar::<_, bool>(question).fetch_one(&mut *connection).await.unwrap() {
        assert!(Instant::now() < deadline, "never true: {question}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_write_that_continues_another_block_or_another_branch_is_refused() {
    let (_test_database, database) = followed().await;
    let (at, next) = (block(10, 1), block(11, 1));
    for elsewhere in [block(9, 1), block(11, 1), block(10, 2)] {
        for refused in [
            database.append(&elsewhere, &batch(elsewhere, next, 0, vec![])).await,
            database.replace(&elsewhere, &block(9, 1), &batch(elsewhere, next, 0, vec![])).await,
            database.rewind(&elsewhere, &batch(elsewhere, block(9, 1), 0, vec![])).await,
            database.repair(&elsewhere, &Default::default()).await.map(drop),
        ] {
            assert!(matches!(refused, Err(Error::CursorMoved { .. })), "{elsewhere}: {refused:?}");
        }
    }
    assert_eq!(database.cursor().await.unwrap().unwrap().block, at);
    assert_eq!(database.headers().await.unwrap().len(), 0, "nothing was written");
    database.append(&at, &batch(at, next, 0, vec![])).await.unwrap();
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "nobody cancels the test")]
async fn a_lease_that_runs_out_during_a_write_passes_to_another_only_when_the_write_has_ended() {
    let (test_database, database) = followed().await;
    let mut first = Leader::new(database.clone(), "fence", LEASE_DURATION);
    let mut second = Leader::new(database.clone(), "fence", LEASE_DURATION);
    let lease = first.hold().await.unwrap().unwrap();
    let connect = || PgConnection::connect(test_database.url());
    let (mut watcher, mut holder) = (connect().await.unwrap(), connect().await.unwrap());
    // The write stops behind its check of the lease.
    let mut held = holder.begin().await.unwrap();
    sqlx::query("lock table cursor in share mode").execute(&mut *held).await.unwrap();
    let (writer, its_lease) = (database.clone(), lease.clone());
    let (at, next) = (block(10, 1), block(11, 1));
    let writing = tokio::spawn(async move { writer.append((&at, &its_lease), &batch(at, next, 0, vec![])).await });
    let waiting = "select count(*) = 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(&mut watcher, waiting, || false).await;
    until(&mut watcher, "select expires_at < clock_timestamp() from lease", || false).await;
    let taking = tokio::spawn(async move {
        // One attempt lasts so long, and the machine may be busy.
        loop {
            if let Ok(Some(lease)) = second.hold().await {
                return lease;
            }
        }
    });
    let both = "select count(*) = 2 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    until(&mut watcher, both, || taking.is_finished()).await;
    assert!(!taking.is_finished(), "the lease passed to another while a write that needs it was under way");
    held.rollback().await.unwrap();
    writing.await.unwrap().unwrap();
    assert!(taking.await.unwrap().epoch > lease.epoch);
    assert_eq!(database.cursor().await.unwrap().unwrap().block, next);
    let late = database.append((&next, &lease), &batch(next, block(12, 1), 0, vec![])).await;
    assert!(matches!(late, Err(Error::LeaseLost { .. })), "{late:?}");
}

#[tokio::test]
async fn of_two_that_begin_to_follow_the_same_contract_one_does_and_the_other_takes_nothing_away() {
    let (_test_database, database) = followed().await;
    let deployment = database.deployment().await.unwrap().unwrap();
    database.append(&block(10, 1), &batch(block(10, 1), block(11, 1), 0, vec![])).await.unwrap();
    assert!(!database.follow_first(&deployment).await.unwrap());
    assert_eq!(database.cursor().await.unwrap().unwrap().block, block(11, 1));
}
