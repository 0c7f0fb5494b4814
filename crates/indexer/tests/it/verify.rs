//! The comparison with the contract: equal where they are, and what is planted is found, placed and mended.

use linkpool_contracts::stake_data;
use linkpool_indexer::{Error, Scope, Subject, repair, rewind, verify_within};
use linkpool_primitives::{Address, EventKind, JUELS_PER_LINK};
use linkpool_testkit::stage::register_node;

use crate::scene::Scene;

/// A pool with a history: stakes on one node in several blocks, a reward, an unbond; the indexer has stopped.
async fn told() -> Scene {
    let scene = Scene::set().await;
    let indexer = scene.index().await;
    scene.stake(0, 1_000).await;
    scene.stake(1, 500).await;
    scene.reward(10).await;
    scene.chain.mine(40).await.unwrap();
    scene.unbond(0, 100).await;
    scene.stake(2, 50).await;
    scene.assert_equal().await;
    indexer.stop().await.unwrap();
    scene
}

impl Scene {
    /// Compares, expects this first bad block, repairs, and expects equality.
    async fn assert_found_and_repaired(&self, block: u64, expected: impl Fn(&Subject) -> bool) {
        let found = self.verified().await;
        assert!(!found.is_equal(), "nothing was found");
        assert_eq!(found.first_bad_block(), Some(block), "{:#?}", found.differences);
        let subjects: Vec<Subject> = found.differences.iter().map(|difference| difference.subject).collect();
        assert!(subjects.iter().any(expected), "{subjects:?}");
        repair(&self.chain, &self.database, self.contracts.pool, &found).await.unwrap();
        let after = self.verified().await;
        assert_eq!(after.differences, []);
    }

    /// The block of the only event of a kind, or the first of several.
    async fn block_of(&self, kind: EventKind) -> u64 {
        let mut snapshot = self.database.snapshot().await.unwrap().unwrap();
        let filter = linkpool_db::read::EventFilter { kind: Some(kind), limit: 500, ..Default::default() };
        snapshot.events(&filter).await.unwrap().last().unwrap().block_number
    }
}

#[tokio::test]
async fn a_row_of_the_state_that_was_changed_is_named_placed_and_mended() {
    let scene = told().await;
    let holder = hex(&scene.people.holders[1]);
    scene.plant(&format!("update position set position_shares = position_shares + 1 where staker = '\\x{holder}'")).await;
    let staked = last_stake_of(&scene, scene.people.holders[1]).await;
    scene.assert_found_and_repaired(staked, |subject| matches!(subject, Subject::Position(..))).await;
}

#[tokio::test]
async fn a_row_of_the_state_that_is_missing_is_found_by_what_the_rest_adds_up_to() {
    let scene = told().await;
    let holder = hex(&scene.people.holders[2]);
    scene.plant(&format!("delete from position where staker = '\\x{holder}'")).await;
    let found = scene.verified().await;
    assert!(found.differences.iter().any(|one| matches!(one.subject, Subject::Shares(_))), "{:?}", found.differences);
    repair(&scene.chain, &scene.database, scene.contracts.pool, &found).await.unwrap();
    assert_eq!(scene.verified().await.differences, []);
}

#[tokio::test]
async fn an_event_that_says_something_else_is_found_though_the_state_is_right() {
    let scene = told().await;
    let block = scene.block_of(EventKind::RewardDeposited).await;
    scene.plant("update event set amount = amount + 1 where kind = 'RewardDeposited'").await;
    scene.assert_found_and_repaired(block, |subject| matches!(subject, Subject::Event(..))).await;
}

#[tokio::test]
async fn an_event_that_is_missing_is_found_with_everything_that_followed_from_it() {
    let scene = told().await;
    let block = scene.block_of(EventKind::Staked).await;
    scene.plant(&format!("delete from event where block_number = {block}")).await;
    scene.plant("select rebuild_history()").await;
    scene.assert_found_and_repaired(block, |subject| matches!(subject, Subject::Event(..))).await;
}

#[tokio::test]
async fn an_event_too_many_is_found_and_goes() {
    let scene = told().await;
    let block = scene.block_of(EventKind::Unbonded).await;
    let holder = hex(&scene.people.holders[0]);
    scene
        .plant(&format!(
            "create temporary table extra as select * from event where kind = 'Unbonded';
             update extra set log_index = log_index + 50, position_shares = 1, ticket = ticket + 7;
             insert into event select * from extra;
             update position set position_shares = 1 where staker = '\\x{holder}'"
        ))
        .await;
    scene.assert_found_and_repaired(block, |subject| matches!(subject, Subject::Event(..))).await;
}

#[tokio::test]
async fn logs_that_an_endpoint_withholds_are_missed_in_the_state_and_found_by_halves() {
    let scene = told().await;
    let block = last_stake_of(&scene, scene.people.holders[1]).await;
    // As if the logs had never been given: no event, and a state that follows from the others.
    scene.plant(&format!("delete from event where block_number = {block}")).await;
    let holder = hex(&scene.people.holders[1]);
    scene.plant(&format!("delete from position where staker = '\\x{holder}'")).await;
    scene.plant("select rebuild_history()").await;
    assert!(block < scene.database.cursor().await.unwrap().unwrap().block.number, "it must not be the last of the halves");
    // The newest events only, so that the logs do not give it away.
    let since = scene.database.cursor().await.unwrap().unwrap().block.number;
    let scope = Scope::Sample { rows: 100, since };
    let found = verify_within(&scene.chain, &scene.database, scene.contracts.pool, scope).await.unwrap().unwrap();
    assert_eq!(found.first_bad_block(), Some(block), "{:#?}", found.differences);
    repair(&scene.chain, &scene.database, scene.contracts.pool, &found).await.unwrap();
    assert_eq!(scene.verified().await.differences, []);
}

#[tokio::test]
async fn roles_and_counters_that_were_changed_are_found_and_mended() {
    let scene = told().await;
    scene.plant("update role set roles = 15").await;
    scene.plant("update figure set node_stakers = node_stakers + 1").await;
    scene.plant("update pool set owner = decode(repeat('11', 20), 'hex')").await;
    let found = scene.verified().await;
    for wanted in ["roles of", "stakers of node", "pool, owner"] {
        assert!(found.differences.iter().any(|one| one.place.starts_with(wanted)), "{wanted}: {:?}", found.differences);
    }
    repair(&scene.chain, &scene.database, scene.contracts.pool, &found).await.unwrap();
    assert_eq!(scene.verified().await.differences, []);
}

#[tokio::test]
async fn a_repair_beside_a_running_indexer_leaves_both_right() {
    let scene = told().await;
    scene.plant("update event set amount = amount + 1 where kind = 'RewardDeposited'").await;
    let indexer = scene.index().await;
    for holder in 0..3 {
        scene.stake(holder, 10).await;
        scene.caught_up().await;
        let found = scene.verified().await;
        repair(&scene.chain, &scene.database, scene.contracts.pool, &found).await.unwrap();
        scene.plant("update event set amount = amount + 1 where kind = 'RewardDeposited'").await;
    }
    let found = scene.verified().await;
    repair(&scene.chain, &scene.database, scene.contracts.pool, &found).await.unwrap();
    scene.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn after_going_back_the_rest_is_indexed_again_and_equal() {
    let scene = told().await;
    let block = scene.block_of(EventKind::RewardDeposited).await;
    let before = scene.database.state().await.unwrap().unwrap();
    let rewound = rewind(&scene.chain, &scene.database, scene.contracts.pool, block).await.unwrap().unwrap();
    assert_eq!((rewound.ancestor.number, rewound.from), (block - 1, before.block));
    assert_eq!(scene.database.cursor().await.unwrap().unwrap().block, rewound.ancestor);
    assert_eq!(scene.database.event_block_before(u64::MAX >> 1).await.unwrap().map(|(number, _)| number < block), Some(true));
    let indexer = scene.index().await;
    scene.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn going_back_is_the_way_out_of_a_reorg_below_finality() {
    let scene = Scene::set().await;
    scene.chain.mine(5).await.unwrap();
    scene.stake(0, 1_000).await;
    scene.chain.mine(50).await.unwrap();
    let indexer = scene.index().await;
    scene.caught_up().await;
    indexer.stop().await.unwrap();
    scene.chain.reorg(52).await.unwrap();
    scene.stake(1, 70).await;
    scene.chain.mine(60).await.unwrap();
    let error = scene.index().await.ended().await.unwrap_err();
    assert!(matches!(error, Error::BelowFinality { .. }), "{error}");
    rewind(&scene.chain, &scene.database, scene.contracts.pool, u64::MAX).await.unwrap().unwrap();
    let indexer = scene.index().await;
    scene.assert_equal().await;
    assert_eq!((scene.stake_of(0).await, scene.stake_of(1).await), (0, 70 * JUELS_PER_LINK));
    indexer.stop().await.unwrap();
}

/// `LINKPOOL_VERIFY_POSITIONS` sets how many; a proof run takes 5,000.
#[tokio::test]
async fn many_positions_agree_to_the_juel_and_one_wrong_juel_is_found() {
    let positions = std::env::var("LINKPOOL_VERIFY_POSITIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(300usize);
    let holders = positions.div_ceil(100).clamp(3, 60);
    let scene = Scene::set_with(6 + holders as u32).await;
    let mut nodes = vec![scene.node];
    for _ in 1..positions.div_ceil(holders) {
        nodes.push(register_node(&scene.chain, &scene.contracts, &scene.people).await.unwrap());
    }
    let indexer = scene.index().await;
    for (holder, address) in scene.people.holders.iter().enumerate() {
        // Amounts that differ, so that rows can't pass for each other.
        let amount = |node: usize| JUELS_PER_LINK + (holder * 1_000 + node) as u128;
        let parts: Vec<(Address, u128)> = nodes.iter().enumerate().map(|(index, node)| (*node, amount(index))).collect();
        let total = parts.iter().map(|(_, amount)| amount).sum();
        scene.transfer(*address, total, stake_data(&parts).unwrap()).await;
    }
    scene.reward(100).await;
    scene.caught_up().await;
    let started = std::time::Instant::now();
    let found = scene.verified().await;
    println!("{} positions and {} events compared in {:?}", found.positions, found.events, started.elapsed());
    assert_eq!(found.differences, []);
    assert!(found.positions >= positions, "{} positions", found.positions);
    indexer.stop().await.unwrap();
    let last = scene.people.holders.last().unwrap();
    let planted = format!(
        "update position set position_shares = position_shares - 1 where staker = '\\x{}' and node = '\\x{}'",
        hex(last),
        hex(nodes.last().unwrap())
    );
    scene.plant(&planted).await;
    let block = last_stake_of(&scene, *last).await;
    scene.assert_found_and_repaired(block, |subject| matches!(subject, Subject::Position(..))).await;
}

async fn last_stake_of(scene: &Scene, staker: Address) -> u64 {
    let mut snapshot = scene.database.snapshot().await.unwrap().unwrap();
    let filter = linkpool_db::read::EventFilter { staker: Some(staker), limit: 1, ..Default::default() };
    snapshot.events(&filter).await.unwrap()[0].block_number
}

fn hex(address: &Address) -> String {
    format!("{address:x}").trim_start_matches("0x").to_owned()
}
