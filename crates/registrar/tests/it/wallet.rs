//! Which wallets may be a node's.

use linkpool_db::fleet::Phase;

use crate::fixture::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_known_node_that_shows_another_wallet_is_quarantined() {
    let scene = Scene::set().await;
    let node = scene.node("").await;
    let registrar = scene.registrar().await;
    let first = scene.phase(&node.id, Phase::Open).await.wallet;
    let node = scene.restart(node, "wallet-replaced").await;
    let row = scene.phase(&node.id, Phase::Quarantined).await;
    assert!(row.last_error.unwrap().contains("it has lost its database"));
    assert_eq!(row.wallet, first);
    assert_eq!((scene.registered().await, scene.sent().await), (1, 2));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_node_that_starts_again_with_its_wallet_stays_open() {
    let scene = Scene::set().await;
    let node = scene.node("").await;
    let registrar = scene.registrar().await;
    scene.phase(&node.id, Phase::Open).await;
    let node = scene.restart(node, "").await;
    // Longer than it takes to ask for the wallet twice.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(scene.row(&node.id).await.phase, Phase::Open);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_is_registered_already_opens_without_a_second_registration() {
    let scene = Scene::set().await;
    let node = scene.node("").await;
    // By hand, with the wallet's own consent and before the registrar has counted its first nonce.
    let data = scene.registration_by_hand(&node).await;
    scene.chain.send_unlocked(scene.people.registrar, Some(scene.contracts.pool), data).await.unwrap();
    let registrar = scene.registrar().await;
    scene.phase(&node.id, Phase::Open).await;
    registrar.stop().await;
    assert_eq!((scene.registered().await, scene.sent().await), (1, 2), "the second transaction is the funding");
}
