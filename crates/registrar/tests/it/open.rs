//! From healthy to open and final.

use linkpool_db::fleet::Phase;
use linkpool_testkit::until;

use crate::fixture::{Fixture, WAIT_TIMEOUT, passes};

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_node_is_funded_registered_and_open_and_then_final() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let registrar = fixture.registrar().await;
    let row = fixture.phase(&node.id, Phase::Open).await;
    let wallet = row.wallet.unwrap();
    assert!(fixture.is_registered(wallet).await);
    assert_eq!(fixture.chain.balance(wallet).await.unwrap(), 50_000_000_000_000_000);
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 2));
    assert_eq!((row.last_error, row.is_final), (None, false));
    fixture.chain.mine(4).await.unwrap();
    fixture.until(&node.id, "finality", |row| row.is_final).await;
    let events = fixture.database.fleet_events(&[(node.id.clone(), 0)]).await.unwrap();
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    let position = |kind: &str| kinds.iter().position(|it| *it == kind).unwrap_or_else(|| panic!("no {kind} in {kinds:?}"));
    let order = ["wallet_known", "proven", "registering", "open", "final"].map(position);
    assert!(order.is_sorted(), "{kinds:?}");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_opens_only_when_the_indexer_shows_it() {
    let fixture = Fixture::set().await;
    let node = fixture.node("").await;
    let config = linkpool_registrar::RegistrarConfig { require_indexed: true, ..fixture.config() };
    let heartbeat = config.heartbeat.clone();
    let registrar = fixture.registrar_with(config, Default::default()).await;
    let wallet = fixture.phase(&node.id, Phase::Registering).await.wallet.unwrap();
    until("the registration", WAIT_TIMEOUT, async || fixture.is_registered(wallet).await).await;
    // Had the contract alone decided, it would be open after the first whole one.
    passes(&heartbeat, 5).await;
    assert_eq!(fixture.row(&node.id).await.phase, Phase::Registering);
    registrar.stop().await;
    let registrar = fixture.registrar().await;
    fixture.phase(&node.id, Phase::Open).await;
    registrar.stop().await;
}
