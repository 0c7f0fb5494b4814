//! A million positions: `cargo test -p linkpool-db --test it -- --ignored --nocapture a_million`.

use std::time::{Duration, Instant};

use linkpool_db::read::{EventFilter, NodeFilter, NodeSort};
use linkpool_primitives::{Address, EventKind};
use sqlx::{Connection, PgConnection};

use crate::read::{batch, block, followed};

/// What a reader may take for one page of the largest pool we plan for.
const READ_TIMEOUT: Duration = Duration::from_millis(1_000);

const FILL: &[&str] = &[
    "insert into node (node, node_index, proof, registered_at, status, cap_link, penalty_until, retired_at, total_shares, assets, active_shares,
        acc_per_share, unvested, vest_end, last_update, penalty_bps, penalty_slot, bucket_level, bucket_at, block_number, block_hash)
        select decode(lpad(to_hex(n), 40, '0'), 'hex'), n, 1, 1, 1, 100000, 0, 0, 1000 * 10::numeric ^ 18, 1000 * 10::numeric ^ 18,
               1000 * 10::numeric ^ 18, 0, 10::numeric ^ 18, 2000000, 1000, 0, 0, 0, 0, 100010, decode(repeat('11', 32), 'hex') from generate_series(1, 1000) n",
    "insert into event (block_number, log_index, block_hash, block_time, transaction_hash, kind, node, node_index, proof, registered_at, status, cap_link,
        penalty_until, retired_at, total_shares, assets, active_shares, acc_per_share, unvested, vest_end, last_update, penalty_bps, penalty_slot, bucket_level, bucket_at)
        select 11, 100 + n, decode(repeat('11', 32), 'hex'), 999, decode(md5(n::text) || md5(n::text), 'hex'), 'NodeRegistered',
               decode(lpad(to_hex(n), 40, '0'), 'hex'), n, 1, 1, 1, 100000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 from generate_series(1, 1000) n",
    "insert into position (node, staker, position_shares, position_debt, block_number, block_hash)
        select decode(lpad(to_hex(1 + p % 1000), 40, '0'), 'hex'), decode(lpad(md5((p / 3)::text), 40, '0'), 'hex'), 10::numeric ^ 18 + p, 0, 11 + p / 10,
               decode(repeat('11', 32), 'hex') from generate_series(0, 999999) p",
    "insert into event (block_number, log_index, block_hash, block_time, transaction_hash, kind, node, staker, amount, fee, shares, unvested, vest_end, last_update, acc_per_share, active_shares, total_shares, assets, position_shares, position_debt)
        select 11 + e / 10, e % 10, decode(repeat('11', 32), 'hex'), 1000 + e, decode(md5(e::text) || md5(e::text), 'hex'),
               case when e % 10 = 0 then 'RewardDeposited' else 'Staked' end, decode(lpad(to_hex(1 + e % 1000), 40, '0'), 'hex'),
               decode(lpad(md5((e / 3)::text), 40, '0'), 'hex'), 10::numeric ^ 18, 10::numeric ^ 17, 10::numeric ^ 18, 10::numeric ^ 18, 2000000, 1000 + e, 0, 10::numeric ^ 21, 10::numeric ^ 21, 10::numeric ^ 21, 10::numeric ^ 18 + e, 0
          from generate_series(0, 999999) e",
    "insert into staker select staker, count(*) from position group by staker",
    "update cursor set block_number = 100011",
    "vacuum (analyze) position",
    "vacuum (analyze) event",
    "vacuum (analyze) node",
];

#[tokio::test]
#[ignore = "fills a database with a million positions and a million events: a minute"]
async fn a_million_positions_and_events_are_read_page_by_page_within_a_second() {
    let (test_database, database) = followed().await;
    // At the tip every index is there.
    database.append(&block(10, 1), &batch(block(10, 1), block(11, 1), 10, Vec::new())).await.unwrap();
    let mut connection = PgConnection::connect(test_database.url()).await.unwrap();
    for statement in FILL {
        sqlx::query(*statement).execute(&mut connection).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    let mut snapshot = database.snapshot().await.unwrap().unwrap();
    let node = Address::with_last_byte(7);
    let filter = |sort| NodeFilter { status: None, range: None, sort, descending: true, after: None, limit: 500 };
    macro_rules! timed {
        ($name:literal, $read:expr) => {{
            let started = Instant::now();
            let answer = $read.await.unwrap();
            let elapsed = started.elapsed();
            println!("{:<28} {:>8.1} ms", $name, elapsed.as_secs_f64() * 1_000.0);
            assert!(elapsed < READ_TIMEOUT, "{} took {elapsed:?}", $name);
            answer
        }};
    }
    timed!("stakers and rewards", snapshot.pool_statistics());
    assert_eq!(timed!("events counted", snapshot.count_events(10, 100_011)), 1_001_000);
    assert_eq!(timed!("nodes, 500 by stake", snapshot.nodes(&filter(NodeSort::Stake))).len(), 500);
    assert_eq!(timed!("nodes, 500 by room", snapshot.nodes(&filter(NodeSort::Available))).len(), 500);
    assert_eq!(timed!("states of 1000 nodes", snapshot.node_states()).len(), 1_000);
    assert_eq!(timed!("stakes on a node, 500", snapshot.positions_on_node(&node, None, 500)).len(), 500);
    let window = timed!("block of a time", snapshot.reward_window(500_000)).unwrap();
    assert_eq!(timed!("rewards of 100 nodes", snapshot.node_rewards(0, 100_011)).len(), 100);
    assert_eq!(timed!("vested for 1000 nodes", snapshot.vested_since(&window)).len(), 1_000);
    assert_eq!(timed!("stakers, 500", snapshot.stored_stakers(None, 500)).len(), 500);
    let by_node = EventFilter { node: Some(node), limit: 500, ..EventFilter::default() };
    assert_eq!(timed!("events of a node, 500", snapshot.events(&by_node)).len(), 500);
    let by_kind = EventFilter { kind: Some(EventKind::RewardDeposited), limit: 500, ..EventFilter::default() };
    assert_eq!(timed!("events of a kind, 500", snapshot.events(&by_kind)).len(), 500);
    // Half of the events, and half of the positions, came later; every node has changed since.
    timed!("going back", snapshot.go_back_to(50_010)).unwrap();
    let before = timed!("then: states of 1000 nodes", snapshot.node_states());
    assert!(before.iter().all(|state| state.updated_block <= 50_010) && before.len() == 1_000);
    assert_eq!(timed!("then: nodes, 500 by room", snapshot.nodes(&filter(NodeSort::Available))).len(), 500);
    assert_eq!(timed!("then: one node", snapshot.node(&node)).unwrap().state.index, 7);
    assert_eq!(timed!("then: stakes on a node, 500", snapshot.positions_on_node(&node, None, 500)).len(), 500);
    let staker = snapshot.positions_on_node(&node, None, 1).await.unwrap()[0].staker;
    assert!(!timed!("then: positions of a staker", snapshot.holdings(&staker, None, 500)).is_empty());
    assert!(timed!("then: sums of a staker", snapshot.staker(&staker)).active > 0);
    assert!(timed!("then: tickets of a staker", snapshot.tickets_of(&[(node, staker)])).is_empty());
}
