//! Reads: one snapshot, exact amounts, and what a client was told checked against the chain.

use linkpool_db::{
    Connect, Database, Error,
    columns::{NodeFields, PositionFields},
    cursor::Tags,
    deployment::Deployment,
    event::EventRow,
    ingest::{Batch, Header, OfFollowed, Repair},
    read::{EventFilter, EventPosition, NodeFilter, NodeSort, RewardWindow},
};
use linkpool_primitives::{Address, B256, BlockRef, EventKind, NodeStatus};
use linkpool_testkit::TestDatabase;

const NODE: Address = Address::repeat_byte(1);
const STAKER: Address = Address::repeat_byte(2);

pub fn block(number: u64, branch: u8) -> BlockRef {
    let mut hash = B256::repeat_byte(branch);
    hash[0] = number as u8;
    BlockRef { number, hash, timestamp: 1_000 + 12 * number }
}

/// A database that follows a deployment from block 10.
pub async fn followed() -> (TestDatabase, Database) {
    let test_database = TestDatabase::create().await.unwrap();
    let database = Database::connect(&Connect::new(test_database.url()).patient()).await.unwrap();
    database.migrate().await.unwrap();
    assert!(database.snapshot().await.unwrap().is_none(), "nothing is followed yet");
    let (pool, token) = (Address::repeat_byte(9), Address::repeat_byte(8));
    let deployment = Deployment {
        chain_id: 1,
        pool,
        token,
        start: block(10, 1),
        unbonding_seconds: 100,
        vest_seconds: 10,
        max_fee_bps: 2_000,
        first_owner: None,
    };
    database.follow(&deployment).await.unwrap();
    (test_database, database)
}

pub fn batch(parent: BlockRef, to: BlockRef, finalized: u64, events: Vec<EventRow>) -> Batch {
    let events = events.into_iter().enumerate().map(|(index, event)| EventRow {
        block_number: to.number as i64,
        log_index: index as i32,
        block_hash: to.hash,
        block_time: to.timestamp as i64,
        transaction_hash: B256::repeat_byte(0x77),
        ..event
    });
    let tags = Tags { head: to.number, safe: finalized, finalized };
    Batch {
        to,
        tags,
        headers: vec![Header { block: to, parent_hash: parent.hash }],
        events: events.collect(),
        dead_letters: Vec::new(),
        followed: OfFollowed::default(),
        caught_up: true,
    }
}

fn registered(assets: u128) -> EventRow {
    let after_node = NodeFields {
        node_index: Some(0),
        proof: Some(1),
        registered_at: Some(1),
        status: Some(NodeStatus::Active),
        cap_link: Some(100),
        penalty_until: Some(0),
        retired_at: Some(0),
        total_shares: Some(assets),
        assets: Some(assets),
        active_shares: Some(assets),
        acc_per_share: Some(0),
        unvested: Some(0),
        vest_end: Some(0),
        last_update: Some(0),
        penalty_bps: Some(0),
        penalty_slot: Some(0),
        bucket_level: Some(0),
        bucket_at: Some(0),
    };
    EventRow { node: Some(NODE), after_node, ..EventRow::new(EventKind::NodeRegistered) }
}

fn staked(shares: u128, debt: i128) -> EventRow {
    let after_position = PositionFields { position_shares: Some(shares), position_debt: Some(debt) };
    EventRow { node: Some(NODE), staker: Some(STAKER), amount: Some(shares), after_position, ..EventRow::new(EventKind::Staked) }
}

#[tokio::test]
async fn a_snapshot_does_not_move_while_the_indexer_writes() {
    let (_test_database, database) = followed().await;
    database.append(&block(10, 1), &batch(block(10, 1), block(11, 1), 0, vec![registered(5)])).await.unwrap();
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    database.append(&block(11, 1), &batch(block(11, 1), block(12, 1), 0, vec![staked(7, 0)])).await.unwrap();
    assert_eq!(snapshot.cursor().block, block(11, 1));
    assert_eq!(snapshot.holdings(&STAKER, None, 10).await.unwrap().len(), 0);
    assert_eq!(snapshot.events(&EventFilter { limit: 10, ..EventFilter::default() }).await.unwrap().len(), 1);
    let mut later = database.snapshot().await.unwrap().unwrap();
    assert_eq!((later.cursor().block, later.holdings(&STAKER, None, 10).await.unwrap().len()), (block(12, 1), 1));
}

#[tokio::test]
async fn without_a_transaction_a_statement_reads_at_its_cursor_or_says_that_this_has_moved() {
    let (test_database, database) = followed().await;
    database.append(&block(10, 1), &batch(block(10, 1), block(11, 1), 0, vec![registered(5)])).await.unwrap();
    let cursor = async || database.cursor().await.unwrap().unwrap();
    let mut standing = database.reader().standing_at(&cursor().await);
    assert_eq!(standing.node(&NODE).await.unwrap().unwrap().state.assets, 5);
    assert_eq!(standing.node(&STAKER).await.unwrap(), None, "and finds nothing where nothing is");
    database.append(&block(11, 1), &batch(block(11, 1), block(12, 1), 0, vec![staked(7, 0)])).await.unwrap();
    for address in [&NODE, &STAKER] {
        assert!(matches!(standing.node(address).await, Err(Error::Moved)));
    }
    let mut standing = database.reader().standing_at(&cursor().await);
    assert_eq!(standing.holdings(&STAKER, None, 10).await.unwrap().len(), 1);
    // The same block with other rows.
    let repair = Repair { blocks: vec![(12, Vec::new())], ..Repair::default() };
    database.repair(&block(12, 1), &repair).await.unwrap();
    assert!(matches!(standing.holdings(&STAKER, None, 10).await, Err(Error::Moved)));
    // It stands nowhere any more.
    let mut standing = database.reader().standing_at(&cursor().await);
    test_database.server().run(test_database.name(), "delete from cursor").unwrap();
    assert!(matches!(standing.holdings(&STAKER, None, 10).await, Err(Error::Moved)));
}

#[tokio::test]
async fn the_largest_amounts_come_back_to_the_digit() {
    let (_test_database, database) = followed().await;
    let (most, debt) = ((1u128 << 96) - 1, -(1i128 << 100));
    database
        .append(&block(10, 1), &batch(block(10, 1), block(11, 1), 0, vec![registered(most), staked(most, debt)]))
        .await
        .unwrap();
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    let (position, node) = snapshot.holdings(&STAKER, None, 10).await.unwrap().pop().unwrap();
    assert_eq!((position.shares, position.debt, node.assets), (most, debt, most));
    let staker = snapshot.staker(&STAKER).await.unwrap();
    assert_eq!((staker.active, staker.rewards), (most, debt.unsigned_abs()));
    let filter = NodeFilter { status: None, range: None, sort: NodeSort::Stake, descending: true, after: None, limit: 1 };
    assert_eq!(snapshot.nodes(&filter).await.unwrap()[0].sort_key, most);
}

#[tokio::test]
async fn a_position_of_nothing_but_owed_rewards_is_still_listed() {
    let (_test_database, database) = followed().await;
    database.append(&block(10, 1), &batch(block(10, 1), block(11, 1), 0, vec![registered(5), staked(0, -3)])).await.unwrap();
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    assert_eq!(snapshot.holdings(&STAKER, None, 10).await.unwrap().len(), 1);
    assert_eq!(snapshot.pool_statistics().await.unwrap(), (0, 0), "and counts as no staker");
}

#[tokio::test]
async fn a_block_is_known_by_its_header_its_events_as_past_or_by_the_cursor() {
    let (_test_database, database) = followed().await;
    database.append(&block(10, 1), &batch(block(10, 1), block(11, 1), 0, vec![registered(5)])).await.unwrap();
    database.append(&block(11, 1), &batch(block(11, 1), block(12, 1), 0, vec![])).await.unwrap();
    // The header of 11 goes with finality; its event stays.
    database.append(&block(12, 1), &batch(block(12, 1), block(13, 1), 12, vec![])).await.unwrap();
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    for (number, branch, canonical) in
        [(11, 1, true), (11, 2, false), (12, 1, true), (12, 2, false), (13, 1, true), (13, 2, false), (14, 1, false)]
    {
        let held = snapshot.is_part_of_chain(number, &block(number, branch).hash[..8]).await.unwrap();
        assert_eq!(held, canonical, "block {number} of branch {branch}");
    }
}

#[tokio::test]
async fn events_after_a_place_come_oldest_first() {
    let (_test_database, database) = followed().await;
    let events = vec![registered(5), staked(1, 0), staked(2, 0)];
    database.append(&block(10, 1), &batch(block(10, 1), block(11, 1), 0, events)).await.unwrap();
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    let after = snapshot.events_after(EventPosition { block_number: 11, log_index: 0 }, 10).await.unwrap();
    assert_eq!(after.iter().map(|event| event.log_index).collect::<Vec<_>>(), [1, 2]);
    assert!(snapshot.events_after(EventPosition::end_of(11), 10).await.unwrap().is_empty());
    assert_eq!(snapshot.events_after(EventPosition::end_of(10), 2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_time_finds_the_last_block_before_it() {
    let (_test_database, database) = followed().await;
    assert_eq!(database.snapshot().await.unwrap().unwrap().reward_window(5_000).await.unwrap(), None);
    database.append(&block(10, 1), &batch(block(10, 1), block(11, 1), 0, vec![registered(5)])).await.unwrap();
    database.append(&block(11, 1), &batch(block(11, 1), block(20, 1), 0, vec![staked(1, 0)])).await.unwrap();
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    let first = block(11, 1).timestamp;
    for (time, number) in [(first - 1, 0), (first, 11), (block(20, 1).timestamp - 1, 11), (5_000, 20)] {
        let window = RewardWindow { from: time, after_block: number, first_event: first };
        assert_eq!(snapshot.reward_window(time).await.unwrap(), Some(window));
    }
}

#[tokio::test]
async fn a_node_has_the_name_and_the_uptime_that_the_fleet_knows_by_its_wallet_and_neither_in_the_past() {
    let (test_database, database) = followed().await;
    database.append(&block(10, 1), &batch(block(10, 1), block(11, 1), 0, vec![registered(5)])).await.unwrap();
    database.append(&block(11, 1), &batch(block(11, 1), block(12, 1), 0, Vec::new())).await.unwrap();
    let mut standing = database.reader().standing_at(&database.cursor().await.unwrap().unwrap());
    let nobody = standing.node(&NODE).await.unwrap().unwrap();
    assert_eq!((nobody.name, nobody.ran), (None, None));
    let wallet = "0101010101010101010101010101010101010101";
    test_database
        .server()
        .run(
            test_database.name(),
            &format!(
                "with asked as (insert into operation (idempotency_key, actor, kind, request) values ('k', 'a', 'scale', '{{}}') returning operation_id)
                 insert into fleet_node (fleet_node_id, operation_id, wallet, public_name)
                 select '0123456789ab', operation_id, '\\x{wallet}', 'Node 7' from asked;
                 insert into fleet_health_hour values ('0123456789ab', date_trunc('hour', now()), 50, 40, 10),
                     ('0123456789ab', date_trunc('hour', now()) - interval '8 days', 0, 0, 60)"
            ),
        )
        .unwrap();
    let found = standing.node(&NODE).await.unwrap().unwrap();
    assert_eq!((found.name.as_deref(), found.ran), (Some("Node 7"), Some((90, 100))));
    assert_eq!(standing.node(&STAKER).await.unwrap(), None);
    let mut past = database.snapshot().await.unwrap().unwrap();
    past.go_back_to(11).await.unwrap();
    let then = past.node(&NODE).await.unwrap().unwrap();
    assert_eq!((then.name, then.ran), (None, None));
}
