//! Real processes that die: at every named fail point, and at any moment.

use linkpool_db::fleet::Phase;
use linkpool_registrar::failpoint;

use super::process::{Order, Process};
use crate::fixture::Fixture;

pub fn order(fixture: &Fixture, use_lease: bool, lease_ms: u64) -> Order {
    Order {
        database_url: fixture.url.clone(),
        rpc_urls: vec![fixture.chain_url()],
        pool: fixture.contracts.pool,
        use_lease,
        lease_ms,
        poll_ms: 100,
        require_indexed: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_at_any_fail_point_leaves_nothing_lost_and_nothing_twice() {
    let fixture = Fixture::set().await;
    let order = order(&fixture, false, 0);
    for (count, point) in (1..).zip(failpoint::ALL) {
        let node = fixture.node("").await;
        // Wherever it is started again, it dies again, until the point is passed by another.
        Process::start_with(&order, Some(point)).ended().await;
        let registrar = Process::start(&order);
        let wallet = fixture.phase(&node.id, Phase::Open).await.wallet.unwrap();
        registrar.kill();
        assert!(fixture.is_registered(wallet).await, "{point:?}");
        assert_eq!((fixture.registered().await, fixture.sent().await), (count, 2 * count), "{point:?}");
        assert_eq!(fixture.chain.balance(wallet).await.unwrap(), 50_000_000_000_000_000, "{point:?}: funded once");
        let events = fixture.database.fleet_events(&[(node.id.clone(), 0)]).await.unwrap();
        let mined = events.iter().filter(|event| event.kind == "mined").count();
        assert_eq!(mined, 2, "{point:?}: a transaction that the database does not know of: {events:#?}");
        node.end().await;
    }
}
