//! One attempt has one signature. KMS gives another each time that it is asked, so whoever asks twice could send two transactions.

use std::time::Duration;

use linkpool_testkit::until;
use linkpool_tx_manager::{Error, FailPoints, Outcome, Until, failpoint};
use tokio_util::sync::CancellationToken;

use crate::ledger::Ledger;

const PAYMENTS: u8 = 12;
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// What was sent is what is committed, for each nonce one after the other.
fn assert_only_the_committed_was_sent(ledger: &Ledger) {
    let (sent, committed) = (ledger.road.sent(), ledger.committed());
    assert!(!sent.is_empty() && sent.iter().all(|raw| committed.contains(raw)), "{sent:#?} {committed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_sign_the_same_nonce_at_once_send_what_one_of_them_has_committed() {
    let ledger = Ledger::set().await;
    ledger.aws.standin.behave(|it| (it.lost_answers, it.lost_calls, it.server_errors) = (150, 100, 100));
    let (one, other, stop) = (ledger.sender().await, ledger.sender().await, CancellationToken::new());
    for number in 1..=PAYMENTS {
        let (wallet, payment) = ledger.payment(number);
        let id = one.submit(&format!("payment {number}"), &payment).await.unwrap();
        let both = async { tokio::join!(one.drive(id, Until::Mined, &stop), other.drive(id, Until::Mined, &stop)) };
        let (first, second) = tokio::time::timeout(WAIT_TIMEOUT, both).await.expect("it settles in time");
        let (Outcome::Mined(first), Outcome::Mined(second)) = (first.unwrap(), second.unwrap()) else { panic!("not mined") };
        assert_eq!(first.transaction_hash, second.transaction_hash);
        assert_eq!(ledger.chain.balance(wallet).await.unwrap(), 1_000_000_000);
    }
    assert_only_the_committed_was_sent(&ledger);
    let (given, committed) = (ledger.aws.given(), ledger.committed().len() as u64);
    assert!(given > committed, "{given} signatures for {committed} attempts: no two for the same were ever made");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_dies_after_it_has_signed_signs_again_and_one_that_has_committed_never_does() {
    let ledger = Ledger::set().await;
    let stop = CancellationToken::new();
    for (number, point, again) in [(1, failpoint::SIGNED, 1), (2, failpoint::COMMITTED, 0), (3, failpoint::SENT, 0)] {
        let (wallet, payment) = ledger.payment(number);
        let sender = ledger.sender().await.with_failpoints(FailPoints::once(point));
        let died = sender.send(&format!("payment {number}"), &payment, Until::Mined, &stop).await.unwrap_err();
        assert!(matches!(died, Error::FailPoint(at) if at == point), "{died}");
        let (given, committed) = (ledger.aws.given(), ledger.committed());
        let sending = ledger.sender().await.send(&format!("payment {number}"), &payment, Until::Mined, &stop).await.unwrap();
        assert!(matches!(sending, Outcome::Mined(_)), "{point}: {sending:?}");
        assert_eq!(ledger.aws.given() - given, again, "{point}");
        assert!(ledger.committed().starts_with(&committed), "{point}: what is committed stays");
        assert_eq!(ledger.chain.balance(wallet).await.unwrap(), 1_000_000_000);
    }
    assert_only_the_committed_was_sent(&ledger);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_key_is_disabled_the_transaction_says_so_and_then_it_goes_on_by_itself() {
    let ledger = Ledger::set().await;
    let (sender, stop) = (ledger.sender().await, CancellationToken::new());
    ledger.aws.administer("DisableKey").await;
    let id = sender.submit("one", &ledger.payment(1).1).await.unwrap();
    let driven = tokio::spawn(async move { sender.drive(id, Until::Mined, &stop).await });
    let says = async || {
        let status = ledger.database.request_status(id).await.unwrap().unwrap();
        status.trouble.is_some_and(|trouble| trouble.contains(ledger.aws.key.as_str()) && trouble.contains("it is disabled"))
    };
    until("the reason", WAIT_TIMEOUT, says).await;
    assert_eq!((ledger.committed(), ledger.road.sent()), (vec![], vec![]));
    ledger.aws.administer("EnableKey").await;
    let outcome = tokio::time::timeout(WAIT_TIMEOUT, driven).await.expect("it goes on").unwrap().unwrap();
    assert!(matches!(outcome, Outcome::Mined(_)), "{outcome:?}");
    assert_only_the_committed_was_sent(&ledger);
}
