//! Events that are copied ahead of the state: what is folded and written late, or taken from the table again after a crash, is what is written
//! block by block; and until it is written nobody sees it.

use std::time::Duration;

use linkpool_db::{
    Database, Error,
    columns::{PenaltySlotFields, PoolFields, RoleFields},
    cursor::Tags,
    event::EventRow,
    ingest::{Batch, Writer},
    lease::{Leader, Lease},
    notice::Notice,
    read::{EventFilter, EventPosition},
};
use linkpool_primitives::{Address, BlockRef, EventKind};
use rand::Rng;
use sqlx::{Connection, PgConnection, Row};

use crate::{
    history::Chain,
    read::{block, followed},
};

const LEASE_DURATION: Duration = Duration::from_secs(600);
const TABLES: [&str; 11] = [
    "select block_number, block_hash, block_time, copied_block from cursor",
    "select * from node order by node",
    "select * from position order by node, staker",
    "select * from ticket order by node, staker, ticket",
    "select * from role order by account",
    "select * from penalty_slot order by slot",
    "select * from pool",
    "select * from statistic order by block_number, log_index",
    "select * from staker where active_positions > 0 order by staker",
    "select * from node_history order by node, period_seconds, starts_at",
    "select * from pool_history order by period_seconds, starts_at",
];

/// Every row of the tables that readers see as text.
pub async fn dump(url: &str) -> Vec<Vec<String>> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let mut tables = Vec::new();
    for table in TABLES {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("select t::text from ({table}) t"))).fetch_all(&mut connection).await;
        tables.push(rows.unwrap().iter().map(|row| row.get::<String, _>(0)).collect());
    }
    tables
}

pub async fn lease(database: &Database) -> Lease {
    Leader::new(database.clone(), "indexer", LEASE_DURATION).hold().await.unwrap().expect("nobody else has it")
}

/// The next blocks of a chain, with changes of the pool, of a role and of a penalty slot behind each batch's events.
pub fn next(chain: &mut Chain, count: u64) -> Batch {
    let batch = chain.extend(count);
    let number = batch.to.number;
    let behind = |index: i32, kind| EventRow {
        block_number: number as i64,
        log_index: 100 + index,
        block_hash: batch.to.hash,
        block_time: batch.to.timestamp as i64,
        transaction_hash: batch.to.hash,
        ..EventRow::new(kind)
    };
    let mut rows: Vec<EventRow> = batch.events.iter().collect();
    if count > 0 {
        let account = Some(Address::repeat_byte((number % 5) as u8));
        let after_role = RoleFields { roles: Some((number % 16) as i16) };
        let after_penalty_slot = PenaltySlotFields { slot_ends_at: Some(number as i64) };
        rows.push(EventRow { account, after_role, ..behind(0, EventKind::RolesChanged) });
        rows.push(EventRow { slot: Some((number % 3) as i16), after_penalty_slot, ..behind(1, EventKind::PenaltyVetoed) });
        rows.push(EventRow { after_pool: pool(number), ..behind(2, EventKind::FeeChanged) });
    }
    Batch { events: rows.into(), ..batch }
}

/// Every field at first, and later some of them.
fn pool(number: u64) -> PoolFields {
    let (some, address) = (Some(number as i64), Some(Address::repeat_byte(number as u8)));
    let part = PoolFields { fee_bps: Some(number as i32), accounted: Some(number.into()), ..PoolFields::default() };
    if number.is_multiple_of(2) {
        return part;
    }
    PoolFields {
        fees_owed: Some(1),
        sink_owed: Some(2),
        fee_recipient: address,
        default_cap_link: some,
        paused_until: some,
        live_nodes: some,
        registration_level: some,
        registration_at: some,
        network_reported: some,
        network_reported_at: some,
        network_ceiling: some,
        proofless_allowed: Some(true),
        owner: address,
        pending_owner: address,
        offer_ends_at: some,
        ..part
    }
}

/// The same blocks, long final when they are read.
pub fn old(batch: &Batch) -> Batch {
    let number = batch.to.number;
    let headers = batch.headers.last().copied().into_iter().collect();
    Batch { caught_up: false, tags: Tags { head: number + 1_000, safe: number, finalized: number }, headers, ..batch.clone() }
}

async fn check(seed: u64) {
    let (plain_database, plain) = followed().await;
    let (ahead_database, ahead) = followed().await;
    let lease = lease(&ahead).await;
    let mut chain = Chain::new(seed, block(10, 1));
    // Every other chain is written beside its next events after each batch.
    let new = || Writer::new(ahead.clone()).folds_at_most(if seed.is_multiple_of(2) { 1 << 20 } else { 1 });
    let mut writer = new();
    let same = async |step: usize| {
        assert_eq!(dump(plain_database.url()).await, dump(ahead_database.url()).await, "seed {seed}, step {step}");
    };
    for step in 0..40 {
        let expected = chain.head();
        let is_old = chain.random.random_bool(0.8);
        if chain.random.random_bool(0.1) && chain.blocks.len() > 4 {
            let depth = chain.random.random_range(1..4);
            let ancestor = chain.fork(depth);
            let branch = next(&mut chain, 2);
            plain.replace(&expected, &ancestor, &branch).await.unwrap();
            writer.replace(&expected, &lease, &ancestor, &branch).await.unwrap();
        } else {
            let count = chain.random.random_range(1..8);
            let batch = next(&mut chain, count);
            plain.append(&expected, &batch).await.unwrap();
            writer.append(&expected, &lease, &if is_old { old(&batch) } else { batch }).await.unwrap();
            assert_eq!(writer.is_behind(), is_old);
        }
        match chain.random.random_range(0..10) {
            // Killed: what was folded is lost.
            0 | 1 => {
                writer = new();
                writer.resume(&lease).await.unwrap().unwrap();
                same(step).await;
            }
            // Killed, and the next block comes before anybody looks.
            2 => writer = new(),
            3 | 4 => {
                writer.catch_up(&lease).await.unwrap();
                same(step).await;
            }
            5 => {
                ahead.catch_up().await.unwrap();
                same(step).await;
                writer = new();
            }
            _ => {}
        }
    }
    writer.catch_up(&lease).await.unwrap();
    same(40).await;
}

/// `LINKPOOL_AHEAD_SEEDS` sets how many random chains are tried.
#[tokio::test]
async fn what_is_written_late_or_replayed_equals_what_is_written_block_by_block() {
    let seeds = std::env::var("LINKPOOL_AHEAD_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(3u64);
    for seed in 0..seeds {
        check(seed).await;
    }
}

/// A database with events copied ahead: it, who wrote them, the lease, the block that readers see, and the last that is copied.
async fn behind() -> (linkpool_testkit::TestDatabase, Database, Writer, Lease, [BlockRef; 2], Chain) {
    let (test_database, database) = followed().await;
    let lease = lease(&database).await;
    let mut writer = Writer::new(database.clone());
    let mut chain = Chain::new(7, block(10, 1));
    let first = next(&mut chain, 30);
    writer.append(&block(10, 1), &lease, &first).await.unwrap();
    let second = old(&next(&mut chain, 30));
    writer.append(&first.to, &lease, &second).await.unwrap();
    (test_database, database, writer, lease, [first.to, second.to], chain)
}

#[tokio::test]
async fn readers_see_no_event_of_a_block_whose_state_is_not_written() {
    let (test_database, database, mut writer, lease, [seen, copied], _) = behind().await;
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    assert_eq!(snapshot.cursor().block, seen);
    let all = EventFilter { limit: 1_000, ..EventFilter::default() };
    let newest = snapshot.events(&all).await.unwrap()[0].clone();
    assert!(newest.block_number <= seen.number, "{newest:?}");
    let end = EventPosition::end_of(seen.number);
    assert_eq!(snapshot.events_after(end, 10).await.unwrap(), []);
    assert_eq!(snapshot.count_events_after(end, 10).await.unwrap(), 0);
    let hidden = snapshot.events_of_transaction(&copied.hash).await.unwrap();
    assert_eq!(hidden, []);
    let at = snapshot.reward_window(u64::MAX >> 2).await.unwrap().unwrap().after_block;
    assert!(at <= seen.number, "{at}");
    drop(snapshot);
    let mut connection = PgConnection::connect(test_database.url()).await.unwrap();
    let view = sqlx::query("select block_number from readable_block").fetch_one(&mut connection).await.unwrap();
    assert_eq!(view.get::<i64, _>(0), seen.number as i64);
    let mut notices = database.notices().await.unwrap();
    writer.catch_up(&lease).await.unwrap();
    let Some(Notice::Indexed { from, to, events }) = notices.next().await.unwrap() else { panic!("another notice") };
    assert_eq!((from, to), (seen.number, copied.number));
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    assert_eq!(snapshot.cursor().block, copied);
    assert_eq!(snapshot.count_events_after(end, 1_000).await.unwrap(), events as u64);
    assert!(!snapshot.events_of_transaction(&copied.hash).await.unwrap().is_empty());
}

#[tokio::test]
async fn who_has_lost_the_lease_writes_neither_events_nor_what_follows_from_them() {
    let (test_database, database, mut writer, lease, [seen, copied], mut chain) = behind().await;
    let mut connection = PgConnection::connect(test_database.url()).await.unwrap();
    sqlx::query("update lease set expires_at = clock_timestamp() - interval '1 s'").execute(&mut connection).await.unwrap();
    let newer = self::lease(&database).await;
    assert!(newer.epoch > lease.epoch);
    let before = dump(test_database.url()).await;
    let refused = writer.catch_up(&lease).await;
    assert!(matches!(refused, Err(Error::LeaseLost { .. })), "{refused:?}");
    let batch = old(&next(&mut chain, 3));
    let refused = writer.append(&copied, &lease, &batch).await;
    assert!(matches!(refused, Err(Error::LeaseLost { .. })), "{refused:?}");
    assert_eq!(dump(test_database.url()).await, before);
    assert_eq!(database.cursor().await.unwrap().unwrap().block, seen);
    // Whoever has it takes both on.
    let mut second = Writer::new(database.clone());
    assert_eq!(second.resume(&newer).await.unwrap().unwrap().cursor.block, copied);
    second.append(&copied, &newer, &batch).await.unwrap();
}

#[tokio::test]
async fn what_was_folded_is_not_written_once_somebody_else_has_moved_a_cursor() {
    let (test_database, database, mut writer, lease, [_, copied], mut chain) = behind().await;
    database.catch_up().await.unwrap();
    let settled = dump(test_database.url()).await;
    let refused = writer.catch_up(&lease).await;
    assert!(matches!(refused, Err(Error::CursorMoved { .. })), "{refused:?}");
    assert_eq!(dump(test_database.url()).await, settled);
    // Nor is it taken for what the next blocks build on.
    let batch = old(&next(&mut chain, 3));
    writer.append(&copied, &lease, &batch).await.unwrap();
    writer.catch_up(&lease).await.unwrap();
    assert_eq!(database.cursor().await.unwrap().unwrap().block, batch.to);
}

#[tokio::test]
async fn a_repair_and_a_rewind_take_along_what_is_ahead() {
    let (test_database, database, mut writer, lease, [seen, copied], mut chain) = behind().await;
    database.repair(&seen, &Default::default()).await.unwrap();
    assert_eq!(database.cursor().await.unwrap().unwrap().block, copied);
    let batch = old(&next(&mut chain, 3));
    writer = match writer.append(&copied, &lease, &batch).await {
        Err(Error::CursorMoved { .. }) => Writer::new(database.clone()),
        other => panic!("it knows nothing of the repair: {other:?}"),
    };
    writer.append(&copied, &lease, &batch).await.unwrap();
    let header = batch.headers[0];
    let ancestor = Batch {
        to: seen,
        headers: vec![linkpool_db::ingest::Header { block: seen, ..header }],
        events: Vec::new().into(),
        ..batch.clone()
    };
    let refused = database.rewind(&seen, &ancestor).await;
    assert!(matches!(refused, Err(Error::CursorMoved { .. })), "{refused:?}");
    database.rewind(&batch.to, &ancestor).await.unwrap();
    assert_eq!(database.cursor().await.unwrap().unwrap().block, seen);
    let mut connection = PgConnection::connect(test_database.url()).await.unwrap();
    let above = sqlx::query("select count(*) from event where block_number > $1").bind(seen.number as i64);
    assert_eq!(above.fetch_one(&mut connection).await.unwrap().get::<i64, _>(0), 0);
}

#[tokio::test]
async fn after_a_repair_that_moves_nothing_what_was_known_of_the_rows_is_read_again() {
    let (test_database, database, mut writer, lease, [_, copied], mut chain) = behind().await;
    let tip = next(&mut chain, 3);
    writer.append(&copied, &lease, &tip).await.unwrap();
    let mut connection = PgConnection::connect(test_database.url()).await.unwrap();
    // The writer takes the pool for as large as it was, and somebody finds that a node has lost a part.
    sqlx::query("update node set assets = assets + 7").execute(&mut connection).await.unwrap();
    let node = Address::repeat_byte(1);
    let repair = linkpool_db::ingest::Repair { keys: vec![(node, None, None)], ..Default::default() };
    database.repair(&tip.to, &repair).await.unwrap();
    let after = next(&mut chain, 3);
    let refused = writer.append(&tip.to, &lease, &after).await;
    assert!(matches!(refused, Err(Error::CursorMoved { .. })), "{refused:?}");
    writer.append(&tip.to, &lease, &after).await.unwrap();
}
