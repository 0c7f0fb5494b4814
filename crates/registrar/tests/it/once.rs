//! Two registrars at once.

use linkpool_db::fleet::Phase;
use linkpool_registrar::RegistrarConfig;
use linkpool_tx_manager::TransactionConfig;

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn two_registrars_without_a_lease_register_twenty_nodes_once_each() {
    let fixture = Fixture::set().await;
    let first = fixture.registrar().await;
    let second = fixture.registrar().await;
    let mut nodes = Vec::new();
    for _ in 0..20 {
        nodes.push(fixture.node("").await);
    }
    let mut wallets = std::collections::HashSet::new();
    for node in &nodes {
        wallets.insert(fixture.phase(&node.id, Phase::Open).await.wallet.unwrap());
    }
    assert_eq!(wallets.len(), 20);
    // Funding and registration of each, and not one transaction more.
    assert_eq!((fixture.registered().await, fixture.sent().await), (20, 40));
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_lease_the_second_takes_over_when_the_first_stops() {
    let fixture = Fixture::set().await;
    let config = || RegistrarConfig {
        transactions: TransactionConfig { use_lease: true, ..fixture.config().transactions },
        ..fixture.config()
    };
    let first = fixture.registrar_with(config(), Default::default()).await;
    let node = fixture.node("").await;
    fixture.phase(&node.id, Phase::Open).await;
    let second = fixture.registrar_with(config(), Default::default()).await;
    first.stop().await;
    let node = fixture.node("").await;
    fixture.phase(&node.id, Phase::Open).await;
    second.stop().await;
    assert_eq!((fixture.registered().await, fixture.sent().await), (2, 4));
}
