use linkpool_indexer::Error;
use linkpool_primitives::{IndexerState, JUELS_PER_LINK};

use crate::scene::Scene;

#[tokio::test]
async fn a_reorg_takes_back_what_its_blocks_held_and_nothing_else() {
    let scene = Scene::set().await;
    let indexer = scene.index().await;
    scene.stake(0, 1_000).await;
    scene.chain.mine(5).await.unwrap();
    scene.stake(1, 500).await;
    scene.unbond(0, 100).await;
    scene.assert_equal().await;
    assert_eq!(scene.stake_of(1).await, 500 * JUELS_PER_LINK);
    scene.chain.reorg(3).await.unwrap();
    scene.assert_equal().await;
    assert_eq!(scene.stake_of(1).await, 0, "the stake is gone with its block");
    assert_eq!(scene.stake_of(0).await, 1_000 * JUELS_PER_LINK, "the unbond is gone, the older stake is not");
    assert_eq!(scene.verified().await.tickets, 0);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_node_whose_registration_is_reorged_away_leaves_no_row() {
    let scene = Scene::set().await;
    let indexer = scene.index().await;
    scene.assert_equal().await;
    assert_eq!(scene.verified().await.nodes, 1);
    // The registration's block, and the one that was mined after it.
    scene.chain.reorg(2).await.unwrap();
    scene.assert_equal().await;
    assert_eq!(scene.verified().await.nodes, 0);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn reorgs_of_every_depth_leave_the_database_equal_to_the_contract() {
    let scene = Scene::set().await;
    scene.stake(0, 1_000).await;
    scene.chain.mine(10).await.unwrap();
    let indexer = scene.index().await;
    for depth in 1..=8 {
        scene.stake(1, 10).await;
        scene.stake(0, 10).await;
        scene.unbond(0, 5).await;
        scene.caught_up().await;
        scene.chain.reorg(depth).await.unwrap();
        scene.assert_equal().await;
    }
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_reorg_while_the_indexer_was_down_is_found_at_its_start() {
    let scene = Scene::set().await;
    let indexer = scene.index().await;
    scene.chain.mine(5).await.unwrap();
    scene.stake(0, 1_000).await;
    scene.caught_up().await;
    indexer.stop().await.unwrap();
    scene.chain.reorg(2).await.unwrap();
    scene.stake(1, 50).await;
    let indexer = scene.index().await;
    scene.assert_equal().await;
    assert_eq!((scene.stake_of(0).await, scene.stake_of(1).await), (0, 50 * JUELS_PER_LINK));
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_reorg_below_finality_stops_the_writing_and_says_so() {
    let scene = Scene::set().await;
    scene.chain.mine(5).await.unwrap();
    scene.stake(0, 1_000).await;
    scene.chain.mine(50).await.unwrap();
    let indexer = scene.index().await;
    scene.caught_up().await;
    indexer.stop().await.unwrap();
    let before = scene.database.state().await.unwrap().unwrap();
    scene.chain.reorg(45).await.unwrap();
    let error = scene.index().await.ended().await.unwrap_err();
    assert!(matches!(error, Error::BelowFinality { .. }), "{error}");
    let cursor = scene.database.cursor().await.unwrap().unwrap();
    assert_eq!(cursor.state, IndexerState::ReorgBelowFinality);
    assert_eq!(cursor.block, before.block, "the cursor did not move");
}
