use crate::fixture::Fixture;

#[tokio::test]
async fn an_aborted_indexer_leaves_nothing_twice_and_nothing_out() {
    let fixture = Fixture::set().await;
    for round in 0..10 {
        let token = fixture.index().await;
        fixture.stake(round % 3, 10).await;
        fixture.reward(1).await;
        // Dropped in the middle of whatever it was doing, as a kill would.
        token.abort();
    }
    let indexer = fixture.index().await;
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn two_indexers_on_one_database_write_each_event_once() {
    let fixture = Fixture::set().await;
    let (one, two) = (fixture.index().await, fixture.index().await);
    for round in 0..10 {
        fixture.stake(round % 3, 10).await;
    }
    fixture.assert_equal().await;
    one.stop().await.unwrap();
    two.stop().await.unwrap();
}
