use crate::scene::Scene;

#[tokio::test]
async fn a_state_that_differs_is_named_row_by_row() {
    let scene = Scene::set().await;
    let indexer = scene.index().await;
    scene.stake(0, 1_000).await;
    scene.caught_up().await;
    indexer.stop().await.unwrap();
    scene.plant("update position set position_shares = position_shares + 1").await;
    scene.plant("update node set assets = assets + 1").await;
    let found = scene.verified().await;
    let places: Vec<&str> = found.differences.iter().map(|difference| difference.place.split(' ').next().unwrap()).collect();
    assert_eq!(places, ["node", "position"]);
}
