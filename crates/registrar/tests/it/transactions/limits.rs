//! How many nodes get registered, and that the defaults hold; and a registration that somebody else was faster with.

use std::time::Duration;

use linkpool_chain::{Chain, Endpoint};
use linkpool_db::tx::RequestState;
use linkpool_registrar::RegistrarConfig;
use linkpool_testkit::{AnvilOptions, Fault, Proxy};
use linkpool_tx_manager::{Limits, NewTransactionRequest, TransactionConfig, TransactionKind};

use super::handed_in::{nobody, registration, sender, until};
use crate::fixture::Fixture;

/// Time passes by itself here: a block every 150 milliseconds.
async fn fixture() -> Fixture {
    Fixture::with(AnvilOptions { block_time: Some(Duration::from_millis(150)), ..AnvilOptions::default() }).await
}

fn config(fixture: &Fixture, limits: Limits) -> RegistrarConfig {
    let config = fixture.config();
    RegistrarConfig { transactions: TransactionConfig { limits, ..config.transactions.clone() }, ..config }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_ten_registrations_get_sent_within_an_hour() {
    let fixture = fixture().await;
    let limits = TransactionConfig::default().limits;
    assert_eq!((limits.registrations_per_hour, limits.registrations_per_day, limits.max_in_flight), (10, 50, 16));
    let sender = sender(&fixture).await;
    for number in 0..12 {
        let (_, registration) = registration(&fixture).await;
        sender.submit(&format!("registration {number}"), &registration).await.unwrap();
    }
    // Other transactions are not held up.
    let payment = NewTransactionRequest::ether(TransactionKind::Fund, nobody(), 1_000_000_000, 1_000_000_000);
    let payment = sender.submit("payment", &payment).await.unwrap();
    let registrar = fixture.registrar_with(config(&fixture, limits), Default::default()).await;
    until(&fixture, payment, "the payment", |view| view.state == RequestState::Done).await;
    until(&fixture, 10, "the tenth", |view| view.state == RequestState::Done).await;
    for waiting in [11, 12] {
        let view = until(&fixture, waiting, "a reason", |view| view.last_error.is_some()).await;
        assert_eq!(view.state, RequestState::Queued);
        assert!(view.last_error.unwrap().contains("no more than 10 registrations get sent within an hour"));
    }
    assert_eq!((fixture.registered().await, fixture.sent().await), (10, 11));
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_its_own_limit_of_registrations() {
    let fixture = fixture().await;
    let sender = sender(&fixture).await;
    for number in 0..3 {
        let (_, registration) = registration(&fixture).await;
        sender.submit(&format!("registration {number}"), &registration).await.unwrap();
    }
    let limits = Limits { registrations_per_hour: 100, registrations_per_day: 2, ..Limits::default() };
    let registrar = fixture.registrar_with(config(&fixture, limits), Default::default()).await;
    let view = until(&fixture, 3, "a reason", |view| view.last_error.is_some()).await;
    assert!(view.last_error.unwrap().contains("no more than 2 registrations get sent within 24 hours"));
    until(&fixture, 2, "the second", |view| view.state == RequestState::Done).await;
    assert_eq!(fixture.registered().await, 2);
    registrar.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_registered_by_hand_between_check_and_block_costs_one_reverted_transaction() {
    let fixture = fixture().await;
    let (sender, proxy) = (sender(&fixture).await, Proxy::start(fixture.port()).await.unwrap());
    // Signed and on its way to nowhere: the check before sending is over.
    proxy.set(Fault::ForgetsTransactions.on("eth_sendRawTransaction"));
    let (wallet, registration) = registration(&fixture).await;
    let chain = Chain::connect(&Endpoint::new(proxy.http_url()).unwrap().patient(), None).await.unwrap();
    let registrar = fixture.registrar_through(chain, fixture.config(), Default::default()).await;
    let id = sender.submit("first", &registration).await.unwrap();
    until(&fixture, id, "an attempt", |view| view.attempts > 0).await;
    let operator = fixture.accounts.operator;
    fixture.as_owner(&linkpool_contracts::pool::setRolesCall { account: operator, roles: 1 }).await;
    fixture.chain.send_now(operator, Some(fixture.contracts.pool), registration.data.clone()).await.unwrap();
    proxy.clear();
    let view = until(&fixture, id, "the block", |view| view.state == RequestState::Failed).await;
    assert!(view.last_error.as_deref().is_some_and(|why| why.contains("has been registered before")), "{view:?}");
    assert!(fixture.is_registered(wallet).await);
    assert_eq!((fixture.registered().await, fixture.sent().await), (1, 1));
    // Handed in again by whoever needs it, it is found to have happened.
    let again = sender.submit("again", &registration).await.unwrap();
    let view = until(&fixture, again, "an answer", |view| view.state == RequestState::Done).await;
    assert_eq!((view.nonce, fixture.sent().await), (None, 1));
    registrar.stop().await;
}
