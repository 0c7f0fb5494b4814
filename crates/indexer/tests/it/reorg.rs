use linkpool_indexer::Error;
use linkpool_primitives::{IndexerState, JUELS_PER_LINK};

use crate::fixture::Fixture;

#[tokio::test]
async fn a_reorg_takes_back_what_its_blocks_held_and_nothing_else() {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    fixture.stake(0, 1_000).await;
    fixture.chain.mine(5).await.unwrap();
    fixture.stake(1, 500).await;
    fixture.unbond(0, 100).await;
    fixture.assert_equal().await;
    assert_eq!(fixture.stake_of(1).await, 500 * JUELS_PER_LINK);
    fixture.chain.reorg(3).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.stake_of(1).await, 0, "the stake is gone with its block");
    assert_eq!(fixture.stake_of(0).await, 1_000 * JUELS_PER_LINK, "the unbond is gone, the older stake is not");
    assert_eq!(fixture.verified().await.tickets, 0);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_node_whose_registration_is_reorged_away_leaves_no_row() {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    fixture.assert_equal().await;
    assert_eq!(fixture.verified().await.nodes, 1);
    // The registration's block, and the one that was mined after it.
    fixture.chain.reorg(2).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.verified().await.nodes, 0);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn reorgs_of_every_depth_leave_the_database_equal_to_the_contract() {
    let fixture = Fixture::set().await;
    fixture.stake(0, 1_000).await;
    fixture.chain.mine(10).await.unwrap();
    let indexer = fixture.index().await;
    for depth in 1..=8 {
        fixture.stake(1, 10).await;
        fixture.stake(0, 10).await;
        fixture.unbond(0, 5).await;
        fixture.caught_up().await;
        fixture.chain.reorg(depth).await.unwrap();
        fixture.assert_equal().await;
    }
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_reorg_while_the_indexer_was_down_is_found_at_its_start() {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    fixture.chain.mine(5).await.unwrap();
    fixture.stake(0, 1_000).await;
    fixture.caught_up().await;
    indexer.stop().await.unwrap();
    fixture.chain.reorg(2).await.unwrap();
    fixture.stake(1, 50).await;
    let indexer = fixture.index().await;
    fixture.assert_equal().await;
    assert_eq!((fixture.stake_of(0).await, fixture.stake_of(1).await), (0, 50 * JUELS_PER_LINK));
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_reorg_below_finality_stops_the_writing_and_says_so() {
    let fixture = Fixture::set().await;
    fixture.chain.mine(5).await.unwrap();
    fixture.stake(0, 1_000).await;
    fixture.chain.mine(50).await.unwrap();
    let indexer = fixture.index().await;
    fixture.caught_up().await;
    indexer.stop().await.unwrap();
    let before = fixture.database.state().await.unwrap().unwrap();
    fixture.chain.reorg(45).await.unwrap();
    let error = fixture.index().await.ended().await.unwrap_err();
    assert!(matches!(error, Error::BelowFinality { .. }), "{error}");
    let cursor = fixture.database.cursor().await.unwrap().unwrap();
    assert_eq!(cursor.state, IndexerState::ReorgBelowFinality);
    assert_eq!(cursor.block, before.block, "the cursor did not move");
}
