//! The comparison with the contract: equal where they are, and what is planted is found, placed and mended.

use linkpool_contracts::stake_data;
use linkpool_indexer::{Error, Scope, Subject, repair, rewind, verify_within};
use linkpool_primitives::{Address, EventKind, JUELS_PER_LINK};
use linkpool_testkit::fixture::register_node;

use crate::fixture::Fixture;

/// A pool with a history: stakes on one node in several blocks, a reward, an unbond; the indexer has stopped.
async fn told() -> Fixture {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    fixture.stake(0, 1_000).await;
    fixture.stake(1, 500).await;
    fixture.reward(10).await;
    fixture.chain.mine(40).await.unwrap();
    fixture.unbond(0, 100).await;
    fixture.stake(2, 50).await;
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
    fixture
}

impl Fixture {
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
    let fixture = told().await;
    let holder = hex(&fixture.accounts.holders[1]);
    fixture.plant(&format!("update position set position_shares = position_shares + 1 where staker = '\\x{holder}'")).await;
    let staked = last_stake_of(&fixture, fixture.accounts.holders[1]).await;
    fixture.assert_found_and_repaired(staked, |subject| matches!(subject, Subject::Position(..))).await;
}

#[tokio::test]
async fn a_row_of_the_state_that_is_missing_is_found_by_what_the_rest_adds_up_to() {
    let fixture = told().await;
    let holder = hex(&fixture.accounts.holders[2]);
    fixture.plant(&format!("delete from position where staker = '\\x{holder}'")).await;
    let found = fixture.verified().await;
    assert!(found.differences.iter().any(|one| matches!(one.subject, Subject::Shares(_))), "{:?}", found.differences);
    repair(&fixture.chain, &fixture.database, fixture.contracts.pool, &found).await.unwrap();
    assert_eq!(fixture.verified().await.differences, []);
}

#[tokio::test]
async fn an_event_that_says_something_else_is_found_though_the_state_is_right() {
    let fixture = told().await;
    let block = fixture.block_of(EventKind::RewardDeposited).await;
    fixture.plant("update event set amount = amount + 1 where kind = 'RewardDeposited'").await;
    fixture.assert_found_and_repaired(block, |subject| matches!(subject, Subject::Event(..))).await;
}

#[tokio::test]
async fn an_event_that_is_missing_is_found_with_everything_that_followed_from_it() {
    let fixture = told().await;
    let block = fixture.block_of(EventKind::Staked).await;
    fixture.plant(&format!("delete from event where block_number = {block}")).await;
    fixture.plant("select rebuild_history()").await;
    fixture.assert_found_and_repaired(block, |subject| matches!(subject, Subject::Event(..))).await;
}

#[tokio::test]
async fn an_event_too_many_is_found_and_goes() {
    let fixture = told().await;
    let block = fixture.block_of(EventKind::Unbonded).await;
    let holder = hex(&fixture.accounts.holders[0]);
    fixture
        .plant(&format!(
            "create temporary table extra as select * from event where kind = 'Unbonded';
             update extra set log_index = log_index + 50, position_shares = 1, ticket = ticket + 7;
             insert into event select * from extra;
             update position set position_shares = 1 where staker = '\\x{holder}'"
        ))
        .await;
    fixture.assert_found_and_repaired(block, |subject| matches!(subject, Subject::Event(..))).await;
}

#[tokio::test]
async fn logs_that_an_endpoint_withholds_are_missed_in_the_state_and_found_by_halves() {
    let fixture = told().await;
    let block = last_stake_of(&fixture, fixture.accounts.holders[1]).await;
    // As if the logs had never been given: no event, and a state that follows from the others.
    fixture.plant(&format!("delete from event where block_number = {block}")).await;
    let holder = hex(&fixture.accounts.holders[1]);
    fixture.plant(&format!("delete from position where staker = '\\x{holder}'")).await;
    fixture.plant("select rebuild_history()").await;
    assert!(block < fixture.database.cursor().await.unwrap().unwrap().block.number, "it must not be the last of the halves");
    // The newest events only, so that the logs do not give it away.
    let since = fixture.database.cursor().await.unwrap().unwrap().block.number;
    let scope = Scope::Sample { rows: 100, since };
    let found = verify_within(&fixture.chain, &fixture.database, fixture.contracts.pool, scope).await.unwrap().unwrap();
    assert_eq!(found.first_bad_block(), Some(block), "{:#?}", found.differences);
    repair(&fixture.chain, &fixture.database, fixture.contracts.pool, &found).await.unwrap();
    assert_eq!(fixture.verified().await.differences, []);
}

#[tokio::test]
async fn roles_and_counters_that_were_changed_are_found_and_mended() {
    let fixture = told().await;
    fixture.plant("update role set roles = 15").await;
    fixture.plant("update statistic set node_stakers = node_stakers + 1").await;
    fixture.plant("update pool set owner = decode(repeat('11', 20), 'hex')").await;
    let found = fixture.verified().await;
    for wanted in ["roles of", "stakers of node", "pool, owner"] {
        assert!(found.differences.iter().any(|one| one.what.starts_with(wanted)), "{wanted}: {:?}", found.differences);
    }
    repair(&fixture.chain, &fixture.database, fixture.contracts.pool, &found).await.unwrap();
    assert_eq!(fixture.verified().await.differences, []);
}

#[tokio::test]
async fn a_repair_beside_a_running_indexer_leaves_both_right() {
    let fixture = told().await;
    fixture.plant("update event set amount = amount + 1 where kind = 'RewardDeposited'").await;
    let indexer = fixture.index().await;
    for holder in 0..3 {
        fixture.stake(holder, 10).await;
        fixture.caught_up().await;
        let found = fixture.verified().await;
        repair(&fixture.chain, &fixture.database, fixture.contracts.pool, &found).await.unwrap();
        fixture.plant("update event set amount = amount + 1 where kind = 'RewardDeposited'").await;
    }
    let found = fixture.verified().await;
    repair(&fixture.chain, &fixture.database, fixture.contracts.pool, &found).await.unwrap();
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn after_going_back_the_rest_is_indexed_again_and_equal() {
    let fixture = told().await;
    let block = fixture.block_of(EventKind::RewardDeposited).await;
    let before = fixture.database.state().await.unwrap().unwrap();
    let rewound = rewind(&fixture.chain, &fixture.database, fixture.contracts.pool, block).await.unwrap().unwrap();
    assert_eq!((rewound.ancestor.number, rewound.from), (block - 1, before.block));
    assert_eq!(fixture.database.cursor().await.unwrap().unwrap().block, rewound.ancestor);
    assert_eq!(fixture.database.event_block_before(u64::MAX >> 1).await.unwrap().map(|(number, _)| number < block), Some(true));
    let indexer = fixture.index().await;
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn going_back_is_the_way_out_of_a_reorg_below_finality() {
    let fixture = Fixture::set().await;
    fixture.chain.mine(5).await.unwrap();
    fixture.stake(0, 1_000).await;
    fixture.chain.mine(50).await.unwrap();
    let indexer = fixture.index().await;
    fixture.caught_up().await;
    indexer.stop().await.unwrap();
    fixture.chain.reorg(52).await.unwrap();
    fixture.stake(1, 70).await;
    fixture.chain.mine(60).await.unwrap();
    let error = fixture.index().await.ended().await.unwrap_err();
    assert!(matches!(error, Error::BelowFinality { .. }), "{error}");
    rewind(&fixture.chain, &fixture.database, fixture.contracts.pool, u64::MAX).await.unwrap().unwrap();
    let indexer = fixture.index().await;
    fixture.assert_equal().await;
    assert_eq!((fixture.stake_of(0).await, fixture.stake_of(1).await), (0, 70 * JUELS_PER_LINK));
    indexer.stop().await.unwrap();
}

/// `LINKPOOL_VERIFY_POSITIONS` sets how many; a proof run takes 5,000.
#[tokio::test]
async fn many_positions_agree_to_the_juel_and_one_wrong_juel_is_found() {
    let positions = std::env::var("LINKPOOL_VERIFY_POSITIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(300usize);
    let holders = positions.div_ceil(100).clamp(3, 60);
    let fixture = Fixture::set_with(6 + holders as u32).await;
    let mut nodes = vec![fixture.node];
    for _ in 1..positions.div_ceil(holders) {
        nodes.push(register_node(&fixture.chain, &fixture.contracts, &fixture.accounts).await.unwrap());
    }
    let indexer = fixture.index().await;
    for (holder, address) in fixture.accounts.holders.iter().enumerate() {
        // Amounts that differ, so that rows can't pass for each other.
        let amount = |node: usize| JUELS_PER_LINK + (holder * 1_000 + node) as u128;
        let parts: Vec<(Address, u128)> = nodes.iter().enumerate().map(|(index, node)| (*node, amount(index))).collect();
        let total = parts.iter().map(|(_, amount)| amount).sum();
        fixture.transfer(*address, total, stake_data(&parts).unwrap()).await;
    }
    fixture.reward(100).await;
    fixture.caught_up().await;
    let started = std::time::Instant::now();
    let found = fixture.verified().await;
    println!("{} positions and {} events compared in {:?}", found.positions, found.events, started.elapsed());
    assert_eq!(found.differences, []);
    assert!(found.positions >= positions, "{} positions", found.positions);
    indexer.stop().await.unwrap();
    let last = fixture.accounts.holders.last().unwrap();
    let planted = format!(
        "update position set position_shares = position_shares - 1 where staker = '\\x{}' and node = '\\x{}'",
        hex(last),
        hex(nodes.last().unwrap())
    );
    fixture.plant(&planted).await;
    let block = last_stake_of(&fixture, *last).await;
    fixture.assert_found_and_repaired(block, |subject| matches!(subject, Subject::Position(..))).await;
}

async fn last_stake_of(fixture: &Fixture, staker: Address) -> u64 {
    let mut snapshot = fixture.database.snapshot().await.unwrap().unwrap();
    let filter = linkpool_db::read::EventFilter { staker: Some(staker), limit: 1, ..Default::default() };
    snapshot.events(&filter).await.unwrap()[0].block_number
}

fn hex(address: &Address) -> String {
    format!("{address:x}").trim_start_matches("0x").to_owned()
}
