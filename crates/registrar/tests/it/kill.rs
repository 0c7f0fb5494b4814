//! The registrar stops anywhere and goes on.

use linkpool_registrar::failpoint;
use std::time::Duration;

use linkpool_db::fleet::Phase;
use linkpool_tx_manager::FailPoints;

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_it_goes_on_and_registers_once() {
    let fixture = Fixture::set().await;
    for (index, point) in (1..).zip(failpoint::ALL) {
        let node = fixture.node("").await;
        let registrar = fixture.registrar_with(fixture.config(), FailPoints::once(point)).await;
        registrar.stopped_at(point).await;
        let registrar = fixture.registrar().await;
        let wallet = fixture.phase(&node.id, Phase::Open).await.wallet.unwrap();
        assert!(fixture.is_registered(wallet).await, "{point:?}");
        registrar.stop().await;
        assert_eq!((fixture.registered().await, fixture.sent().await), (index, 2 * index), "{point:?}");
        assert_eq!(fixture.chain.balance(wallet).await.unwrap(), 50_000_000_000_000_000, "{point:?}: funded once");
        let events = fixture.database.fleet_events(&[(node.id.clone(), 0)]).await.unwrap();
        let mined = events.iter().filter(|event| event.kind == "mined").count();
        assert_eq!(mined, 2, "{point:?}: a transaction was sent whose bytes were not committed: {events:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_it_leaves_no_gap_and_nothing_twice() {
    let fixture = Fixture::set().await;
    let mut nodes = Vec::new();
    for _ in 0..8 {
        nodes.push(fixture.node("").await);
    }
    for kill in 0..30u64 {
        let registrar = fixture.registrar().await;
        // Moments spread over what a pass takes; the seed is the number of the kill.
        tokio::time::sleep(Duration::from_millis(20 + kill * 37 % 120)).await;
        registrar.abort().await;
    }
    let registrar = fixture.registrar().await;
    for node in &nodes {
        fixture.phase(&node.id, Phase::Open).await;
    }
    registrar.stop().await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (8, 16));
}
