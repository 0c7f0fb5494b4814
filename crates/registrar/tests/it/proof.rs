//! Proofs of possession without a signature.

use std::time::Duration;

use linkpool_contracts::pool::setProoflessCall;
use linkpool_db::fleet::{Phase, ProofMode};
use linkpool_testkit::until;
use serde_json::json;

use crate::fixture::{Fixture, Outside, WAIT_TIMEOUT};

/// A stock node: it has no endpoint that signs.
async fn stock(fixture: &Fixture, name: &str, faults: &str, proof: ProofMode) -> Outside {
    let mut outside = fixture.outside(name, &format!("no-signing,{faults}")).await;
    outside.node.address.proof = proof;
    outside
}

/// Lets the node be looked at several times between the moment it is asked for its payment and the payment's block.
async fn keep_waiting(fixture: &Fixture, id: &str) {
    let wallet = fixture.until(id, "a wallet", |row| row.wallet.is_some()).await.wallet.unwrap();
    // Before it has ether it is asked for nothing.
    until("its ether", WAIT_TIMEOUT, async || {
        fixture.chain.mine(1).await.unwrap();
        fixture.chain.balance(wallet).await.unwrap() > 0
    })
    .await;
    let mut looked = fixture.waits(id, "was asked to pay").await.retry_at;
    for _ in 0..3 {
        looked = fixture.until(id, "another look", |row| row.retry_at > looked).await.retry_at;
    }
    fixture.control("evm_setAutomine", json!([true])).await;
    fixture.chain.mine(1).await.unwrap();
}

/// Payments of the node's wallet.
async fn paid(fixture: &Fixture, id: &str) -> u64 {
    fixture.chain.nonce(fixture.row(id).await.wallet.unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_owners_leave_no_wallet_is_registered_without_its_signature() {
    let fixture = Fixture::set().await;
    let transfer = stock(&fixture, "transfer", "", ProofMode::Transfer).await;
    let api = stock(&fixture, "api", "", ProofMode::Api).await;
    let registrar = fixture.registrar_with(fixture.listing(&[&transfer, &api]), Default::default()).await;
    for name in ["transfer", "api"] {
        let id = fixture.listed(name).await;
        let row = fixture.error(&id, "registers no wallet without its signature").await;
        assert_eq!(row.phase, Phase::WalletKnown);
        assert_eq!(paid(&fixture, &id).await, 0, "the wallet was made to pay for nothing");
    }
    assert_eq!((fixture.registered().await, fixture.sent().await), (0, 0));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stock_node_proves_itself_by_a_payment_and_is_asked_once() {
    let fixture = Fixture::set().await;
    fixture.as_owner(&setProoflessCall { allowed: true }).await;
    let outside = stock(&fixture, "stock", "", ProofMode::Transfer).await;
    fixture.control("evm_setAutomine", json!([false])).await;
    let registrar = fixture.registrar_with(fixture.listing(&[&outside]), Default::default()).await;
    let id = fixture.listed("stock").await;
    keep_waiting(&fixture, &id).await;
    let wallet = fixture.phase(&id, Phase::Open).await.wallet.unwrap();
    assert!(fixture.is_registered(wallet).await);
    assert_eq!(paid(&fixture, &id).await, 1);
    let events = fixture.database.fleet_events(&[(id, 0)]).await.unwrap();
    assert!(events.iter().any(|event| event.kind == "proven" && event.detail["proof"] == "transfer"), "{events:#?}");
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_was_broadcast_behind_a_504_is_found_and_not_asked_for_again() {
    let fixture = Fixture::set().await;
    fixture.as_owner(&setProoflessCall { allowed: true }).await;
    let outside = stock(&fixture, "unclear", "transfer-unclear", ProofMode::Transfer).await;
    fixture.control("evm_setAutomine", json!([false])).await;
    let registrar = fixture.registrar_with(fixture.listing(&[&outside]), Default::default()).await;
    let id = fixture.listed("unclear").await;
    keep_waiting(&fixture, &id).await;
    fixture.phase(&id, Phase::Open).await;
    assert_eq!(paid(&fixture, &id).await, 1);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_of_another_amount_proves_nothing() {
    let fixture = Fixture::set().await;
    fixture.as_owner(&setProoflessCall { allowed: true }).await;
    let other = stock(&fixture, "other", "transfer-other-amount", ProofMode::Transfer).await;
    let lost = stock(&fixture, "lost", "transfer-lost", ProofMode::Transfer).await;
    let registrar = fixture.registrar_with(fixture.listing(&[&other, &lost]), Default::default()).await;
    let (other, lost) = (fixture.listed("other").await, fixture.listed("lost").await);
    fixture.waits(&other, "waiting for the payment").await;
    fixture.waits(&lost, "was asked to pay").await;
    until("the payment", WAIT_TIMEOUT, async || paid(&fixture, &other).await > 0).await;
    // Blocks in which the right payment could have been, and was not.
    fixture.chain.mine(5).await.unwrap();
    let begin = std::time::Instant::now();
    while begin.elapsed() < Duration::from_secs(3) {
        assert_eq!(fixture.row(&other).await.phase, Phase::WalletKnown);
        assert_eq!(fixture.row(&lost).await.phase, Phase::WalletKnown);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((fixture.registered().await, paid(&fixture, &other).await, paid(&fixture, &lost).await), (0, 1, 0));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_trusted_on_its_word_only_where_it_is_listed_so() {
    let fixture = Fixture::set().await;
    fixture.as_owner(&setProoflessCall { allowed: true }).await;
    let trusted = stock(&fixture, "trusted", "", ProofMode::Api).await;
    let plain = stock(&fixture, "plain", "", ProofMode::Signature).await;
    let registrar = fixture.registrar_with(fixture.listing(&[&trusted, &plain]), Default::default()).await;
    let (trusted, plain) = (fixture.listed("trusted").await, fixture.listed("plain").await);
    fixture.phase(&trusted, Phase::Open).await;
    fixture.error(&plain, "cannot sign a registration").await;
    assert_eq!((fixture.registered().await, paid(&fixture, &trusted).await), (1, 0));
    registrar.stop().await;
}
