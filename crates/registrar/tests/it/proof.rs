//! Proofs of possession without a signature.

use std::time::Duration;

use linkpool_contracts::pool::setProoflessCall;
use linkpool_db::fleet::{Phase, ProofMode};
use linkpool_testkit::until;
use serde_json::json;

use crate::fixture::{Outside, PATIENCE, Scene};

/// A stock node: it has no endpoint that signs.
async fn stock(scene: &Scene, name: &str, faults: &str, proof: ProofMode) -> Outside {
    let mut outside = scene.outside(name, &format!("no-signing,{faults}")).await;
    outside.node.place.proof = proof;
    outside
}

/// Lets the node be looked at several times between the moment it is asked for its payment and the payment's block.
async fn keep_waiting(scene: &Scene, id: &str) {
    let wallet = scene.until(id, "a wallet", |row| row.wallet.is_some()).await.wallet.unwrap();
    // Before it has ether it is asked for nothing.
    until("its ether", PATIENCE, async || {
        scene.chain.mine(1).await.unwrap();
        scene.chain.balance(wallet).await.unwrap() > 0
    })
    .await;
    let attempts = scene.error(id, "was asked to pay").await.attempts;
    scene.until(id, "three more looks", |row| row.attempts >= attempts + 3).await;
    scene.control("evm_setAutomine", json!([true])).await;
    scene.chain.mine(1).await.unwrap();
}

/// Payments of the node's wallet.
async fn paid(scene: &Scene, id: &str) -> u64 {
    scene.chain.nonce(scene.row(id).await.wallet.unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_owners_leave_no_wallet_is_registered_without_its_signature() {
    let scene = Scene::set().await;
    let transfer = stock(&scene, "transfer", "", ProofMode::Transfer).await;
    let api = stock(&scene, "api", "", ProofMode::Api).await;
    let registrar = scene.registrar_with(scene.listing(&[&transfer, &api]), Default::default()).await;
    for name in ["transfer", "api"] {
        let id = scene.listed(name).await;
        let row = scene.error(&id, "registers no wallet without its signature").await;
        assert_eq!(row.phase, Phase::WalletKnown);
        assert_eq!(paid(&scene, &id).await, 0, "the wallet was made to pay for nothing");
    }
    assert_eq!((scene.registered().await, scene.sent().await), (0, 0));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_node_proves_itself_by_a_payment_and_is_asked_once() {
    let scene = Scene::set().await;
    scene.as_owner(&setProoflessCall { allowed: true }).await;
    let outside = stock(&scene, "stock", "", ProofMode::Transfer).await;
    scene.control("evm_setAutomine", json!([false])).await;
    let registrar = scene.registrar_with(scene.listing(&[&outside]), Default::default()).await;
    let id = scene.listed("stock").await;
    keep_waiting(&scene, &id).await;
    let wallet = scene.phase(&id, Phase::Open).await.wallet.unwrap();
    assert!(scene.is_registered(wallet).await);
    assert_eq!(paid(&scene, &id).await, 1);
    let events = scene.database.fleet_events(&[(id, 0)]).await.unwrap();
    assert!(events.iter().any(|event| event.kind == "proven" && event.detail["proof"] == "transfer"), "{events:#?}");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_was_broadcast_behind_a_504_is_found_and_not_asked_for_again() {
    let scene = Scene::set().await;
    scene.as_owner(&setProoflessCall { allowed: true }).await;
    let outside = stock(&scene, "unclear", "transfer-unclear", ProofMode::Transfer).await;
    scene.control("evm_setAutomine", json!([false])).await;
    let registrar = scene.registrar_with(scene.listing(&[&outside]), Default::default()).await;
    let id = scene.listed("unclear").await;
    keep_waiting(&scene, &id).await;
    scene.phase(&id, Phase::Open).await;
    assert_eq!(paid(&scene, &id).await, 1);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_another_amount_proves_nothing() {
    let scene = Scene::set().await;
    scene.as_owner(&setProoflessCall { allowed: true }).await;
    let other = stock(&scene, "other", "transfer-other-amount", ProofMode::Transfer).await;
    let lost = stock(&scene, "lost", "transfer-lost", ProofMode::Transfer).await;
    let registrar = scene.registrar_with(scene.listing(&[&other, &lost]), Default::default()).await;
    let (other, lost) = (scene.listed("other").await, scene.listed("lost").await);
    scene.error(&other, "waiting for the payment").await;
    scene.error(&lost, "was asked to pay").await;
    until("the payment", PATIENCE, async || paid(&scene, &other).await > 0).await;
    // Blocks in which the right payment could have been, and was not.
    scene.chain.mine(5).await.unwrap();
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_secs(3) {
        assert_eq!(scene.row(&other).await.phase, Phase::WalletKnown);
        assert_eq!(scene.row(&lost).await.phase, Phase::WalletKnown);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((scene.registered().await, paid(&scene, &other).await, paid(&scene, &lost).await), (0, 1, 0));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_trusted_on_its_word_only_where_it_is_listed_so() {
    let scene = Scene::set().await;
    scene.as_owner(&setProoflessCall { allowed: true }).await;
    let trusted = stock(&scene, "trusted", "", ProofMode::Api).await;
    let plain = stock(&scene, "plain", "", ProofMode::Signature).await;
    let registrar = scene.registrar_with(scene.listing(&[&trusted, &plain]), Default::default()).await;
    let (trusted, plain) = (scene.listed("trusted").await, scene.listed("plain").await);
    scene.phase(&trusted, Phase::Open).await;
    scene.error(&plain, "cannot sign a registration").await;
    assert_eq!((scene.registered().await, paid(&scene, &trusted).await), (1, 0));
    registrar.stop().await;
}
