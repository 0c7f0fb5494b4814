use crate::scene::Scene;

#[tokio::test]
async fn an_aborted_indexer_leaves_nothing_twice_and_nothing_out() {
    let scene = Scene::set().await;
    for round in 0..10 {
        let token = scene.index().await;
        scene.stake(round % 3, 10).await;
        scene.reward(1).await;
        // Dropped in the middle of whatever it was doing, as a kill would.
        token.abort();
    }
    let indexer = scene.index().await;
    scene.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn two_indexers_on_one_database_write_each_event_once() {
    let scene = Scene::set().await;
    let (one, two) = (scene.index().await, scene.index().await);
    for round in 0..10 {
        scene.stake(round % 3, 10).await;
    }
    scene.assert_equal().await;
    one.stop().await.unwrap();
    two.stop().await.unwrap();
}
