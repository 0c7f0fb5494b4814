//! What follows from events is written beside the events that come next: neither waits for the other, and what was begun under a lease that is
//! lost, or beside somebody else's write, leaves nothing.

use std::time::Duration;

use linkpool_db::{Connect, Database, Error, ingest::Writer, lease::Lease};
use linkpool_primitives::BlockRef;
use linkpool_testkit::{TestDatabase, until};
use sqlx::{Connection, PgConnection, Row};

use crate::{
    ahead::{dump, lease, next, old},
    history::Chain,
    read::{block, followed},
};

/// What nobody waits for longer than this does not come.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

struct Beside {
    test_database: TestDatabase,
    database: Database,
    writer: Writer,
    lease: Lease,
    chain: Chain,
    connection: PgConnection,
    /// Keeps everybody from writing history.
    locker: Option<PgConnection>,
}

impl Beside {
    async fn set() -> Self {
        let (test_database, _) = followed().await;
        // Nothing that waits here is given up, however slow the machine.
        let connect = Connect { statement: 5 * WAIT_TIMEOUT, ..Connect::new(test_database.url()).patient() };
        let database = Database::connect(&connect).await.unwrap();
        let connection = PgConnection::connect(test_database.url()).await.unwrap();
        let lease = lease(&database).await;
        let writer = Writer::new(database.clone()).folds_at_most(1);
        Self { test_database, database, writer, lease, chain: Chain::new(3, block(10, 1)), connection, locker: None }
    }

    /// What follows from events can be begun to be written, and not ended.
    async fn lock(&mut self) {
        let mut locker = PgConnection::connect(self.test_database.url()).await.unwrap();
        sqlx::raw_sql("begin; lock table node_history in exclusive mode").execute(&mut locker).await.unwrap();
        self.locker = Some(locker);
    }

    async fn unlock(&mut self) {
        let mut locker = self.locker.take().unwrap();
        sqlx::raw_sql("commit").execute(&mut locker).await.unwrap();
    }

    /// Waits until so many wait for a lock: what was begun is in the middle of its writing.
    async fn until_waiting(&mut self, many: i64) {
        let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        until("somebody who waits", WAIT_TIMEOUT, async || {
            let mut connection = PgConnection::connect(self.test_database.url()).await.unwrap();
            sqlx::query(waiting).fetch_one(&mut connection).await.unwrap().get::<i64, _>(0) >= many
        })
        .await;
    }

    async fn take_over(&mut self) -> Lease {
        let end = "update lease set expires_at = clock_timestamp() - interval '1 s'";
        sqlx::query(end).execute(&mut self.connection).await.unwrap();
        let newer = tokio::time::timeout(WAIT_TIMEOUT, lease(&self.database)).await.expect("it waits for nobody");
        assert!(newer.epoch > self.lease.epoch);
        newer
    }

    /// Copies the next old blocks.
    async fn append(&mut self) -> BlockRef {
        let expected = self.chain.head();
        let batch = old(&next(&mut self.chain, 5));
        let appended = tokio::time::timeout(WAIT_TIMEOUT, self.writer.append(&expected, &self.lease, &batch)).await;
        appended.expect("it waits for nobody").unwrap();
        batch.to
    }

    async fn count(&mut self, table: &str) -> i64 {
        let select = format!("select count(*) from {table}");
        sqlx::query(sqlx::AssertSqlSafe(select)).fetch_one(&mut self.connection).await.unwrap().get(0)
    }

    async fn readable(&self) -> BlockRef {
        self.database.cursor().await.unwrap().unwrap().block
    }
}

#[tokio::test]
async fn events_are_copied_while_what_follows_from_earlier_ones_is_written() {
    let (plain_database, plain) = followed().await;
    let mut beside = Beside::set().await;
    let first = beside.append().await;
    beside.writer.finish().await.unwrap();
    assert_eq!(beside.readable().await, first);
    beside.lock().await;
    let second = beside.append().await;
    beside.until_waiting(1).await;
    let before = beside.count("event").await;
    // Handed over is what is folded of the second; the third is copied meanwhile, and nobody sees either.
    let mut writer = std::mem::replace(&mut beside.writer, Writer::new(beside.database.clone())).folds_at_most(1 << 20);
    let expected = beside.chain.head();
    let third = old(&next(&mut beside.chain, 5));
    let appended = tokio::time::timeout(WAIT_TIMEOUT, writer.append(&expected, &beside.lease, &third)).await;
    appended.expect("it waits for nobody").unwrap();
    assert!(beside.count("event").await > before);
    assert_eq!(beside.readable().await, first);
    // What is folded next is written after what is being written, not beside it.
    let fourth = old(&next(&mut beside.chain, 5));
    let mut writer = writer.folds_at_most(1);
    let lease = beside.lease.clone();
    let (appended, ()) = tokio::join!(writer.append(&third.to, &lease, &fourth), beside.unlock());
    appended.unwrap();
    assert!(beside.readable().await.number >= second.number);
    writer.catch_up(&lease).await.unwrap();
    assert_eq!(beside.readable().await, fourth.to);
    // The same chain, block by block.
    let mut chain = Chain::new(3, block(10, 1));
    for _ in 0..4 {
        let expected = chain.head();
        plain.append(&expected, &next(&mut chain, 5)).await.unwrap();
    }
    assert_eq!(dump(plain_database.url()).await, dump(beside.test_database.url()).await);
}

#[tokio::test]
async fn what_was_begun_under_a_lease_that_is_lost_leaves_nothing() {
    let mut beside = Beside::set().await;
    beside.append().await;
    beside.writer.finish().await.unwrap();
    beside.lock().await;
    let copied = beside.append().await;
    beside.until_waiting(1).await;
    let before = dump(beside.test_database.url()).await;
    // Nobody who takes the lease over waits for what was begun.
    let newer = beside.take_over().await;
    beside.unlock().await;
    let refused = beside.writer.finish().await;
    assert!(matches!(refused, Err(Error::LeaseLost { .. })), "{refused:?}");
    assert_eq!(dump(beside.test_database.url()).await, before);
    let mut second = Writer::new(beside.database.clone());
    assert_eq!(second.resume(&newer).await.unwrap().unwrap().cursor.block, copied);
}

#[tokio::test]
async fn a_repair_beside_what_is_being_written_ends_in_the_rows_that_follow_from_the_events() {
    let mut beside = Beside::set().await;
    let seen = beside.append().await;
    beside.writer.finish().await.unwrap();
    beside.lock().await;
    let copied = beside.append().await;
    beside.until_waiting(1).await;
    let database = beside.database.clone();
    let repair = tokio::spawn(async move { database.repair(&seen, &Default::default()).await });
    beside.until_waiting(2).await;
    // Whoever comes first: both ends stand on the last block.
    beside.unlock().await;
    let finished = beside.writer.finish().await;
    assert!(matches!(finished, Ok(()) | Err(Error::CursorMoved { .. })), "{finished:?}");
    let repaired = repair.await.unwrap();
    // Its block is no header any more once the next old one is seen.
    assert!(matches!(repaired, Ok(_) | Err(Error::CursorMoved { .. })), "{repaired:?}");
    beside.writer.catch_up(&beside.lease).await.unwrap();
    assert_eq!(beside.readable().await, copied);
    let rows = dump(beside.test_database.url()).await;
    beside.database.repair(&copied, &Default::default()).await.unwrap();
    assert_eq!(dump(beside.test_database.url()).await, rows);
}

#[tokio::test]
async fn a_block_at_the_tip_whose_writer_lost_the_lease_or_the_cursor_is_not_written_at_all() {
    let mut beside = Beside::set().await;
    let expected = beside.chain.head();
    let tip = next(&mut beside.chain, 3);
    beside.writer.append(&expected, &beside.lease, &tip).await.unwrap();
    let mut stale = Writer::new(beside.database.clone());
    stale.resume(&beside.lease).await.unwrap();
    let (second, third) = (next(&mut beside.chain, 1), next(&mut beside.chain, 1));
    // It knows where both cursors stand, and then another writes.
    stale.append(&tip.to, &beside.lease, &second).await.unwrap();
    let refused = beside.writer.append(&tip.to, &beside.lease, &second).await;
    assert!(matches!(refused, Err(Error::CursorMoved { .. })), "{refused:?}");
    beside.take_over().await;
    let (events, rows) = (beside.count("event").await, dump(beside.test_database.url()).await);
    let refused = stale.append(&second.to, &beside.lease, &third).await;
    assert!(matches!(refused, Err(Error::LeaseLost { .. })), "{refused:?}");
    assert_eq!((beside.count("event").await, dump(beside.test_database.url()).await), (events, rows));
}
