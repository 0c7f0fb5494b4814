//! What operators ask for about open nonces, and what the fleet's lease of a signer means for them.

use linkpool_db::tx::{RequestState, TransactionView};
use linkpool_testkit::Fault;
use linkpool_tx_manager::{NonceAction, Outcome, Sender, TransactionConfig, Until};
use tokio_util::sync::CancellationToken;

use super::mining_fixture::MiningFixture;

/// A payment that was signed and reaches nobody.
async fn lost(mining: &MiningFixture, sender: &Sender) -> (linkpool_primitives::Address, TransactionView) {
    mining.proxies[0].set(Fault::ForgetsTransactions.on("eth_sendRawTransaction"));
    let (wallet, payment) = mining.payment();
    let id = sender.submit(&mining.key(), &payment).await.unwrap();
    let stop = CancellationToken::new();
    let (sender, late) = (sender.clone(), stop.clone());
    let driven = tokio::spawn(async move { sender.drive(id, Until::Mined, &late).await });
    let view = mining.until(id, "an attempt that was sent", |view| view.attempts > 0).await;
    stop.cancel();
    driven.await.unwrap().unwrap();
    (wallet, view)
}

async fn ask(sender: &Sender, view: &TransactionView, action: NonceAction) -> String {
    let stop = CancellationToken::new();
    let answered = sender.request_nonce_action(view.nonce.unwrap(), action, "a test", &stop);
    tokio::time::timeout(crate::fixture::WAIT_TIMEOUT, answered).await.expect("it is answered in time").unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bump_pays_more_at_once_and_is_on_record() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    let (_, view) = lost(&mining, &sender).await;
    let before = mining.fixture.database.attempts_of(view.id).await.unwrap();
    let answer = ask(&sender, &view, NonceAction::Bump).await;
    assert!(answer.starts_with("signed as attempt 1, 0x"), "{answer}");
    let after = mining.fixture.database.attempts_of(view.id).await.unwrap();
    assert_eq!(after.len(), 2);
    assert!(after[1].1.max_fee_wei * 8 >= before[0].1.max_fee_wei * 9);
    let asked = mining.fixture.database.nonce_requests_of(view.id).await.unwrap();
    assert_eq!(
        (asked[0].action, asked[0].actor.as_str(), asked[0].answer.as_deref()),
        (NonceAction::Bump, "a test", Some(answer.as_str()))
    );
    mining.proxies[0].clear();
    assert!(matches!(mining.drive(&sender, view.id).await, Outcome::Mined(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_transaction_uses_its_nonce_for_nothing() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    let (wallet, view) = lost(&mining, &sender).await;
    ask(&sender, &view, NonceAction::Cancel).await;
    mining.proxies[0].clear();
    let outcome = mining.drive(&sender, view.id).await;
    assert_eq!(outcome, Outcome::Cancelled);
    assert_eq!((mining.fixture.chain.balance(wallet).await.unwrap(), mining.fixture.sent().await), (0, 1));
    assert!(matches!(mining.send(&sender, &mining.key(), &mining.payment().1).await, Outcome::Mined(mined) if mined.nonce == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_loses_the_race_leaves_the_transaction_done() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    let (wallet, view) = lost(&mining, &sender).await;
    // Its bytes got to a miner all the same, and are mined before those that cancel.
    let raw = mining.fixture.database.open_reservations(&sender.account()).await.unwrap()[0].attempts[0].raw.clone();
    ask(&sender, &view, NonceAction::Cancel).await;
    mining.fixture.chain.broadcast(&raw).await.unwrap();
    let outcome = mining.drive(&sender, view.id).await;
    assert!(matches!(outcome, Outcome::Mined(_)), "{outcome:?}");
    assert_eq!((mining.fixture.chain.balance(wallet).await.unwrap(), mining.fixture.sent().await), (1_000_000_000, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_nonce_is_cancelled_without_a_transaction() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    let id = sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
    assert!(mining.fixture.database.cancel_queued(id, "a test").await.unwrap());
    assert!(!mining.fixture.database.cancel_queued(id, "a test").await.unwrap());
    let outcome = mining.drive(&sender, id).await;
    assert_eq!((outcome, mining.fixture.sent().await), (Outcome::Cancelled, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_drives_the_signer_carries_requests_out() {
    let mining = MiningFixture::set(1).await;
    let config = TransactionConfig { use_lease: true, ..mining.config() };
    let (_, view) = lost(&mining, &mining.sender().await).await;
    let role = mining.role(config).await;
    // Without a key: only the database.
    let (database, account) = (&mining.fixture.database, view.account);
    let request =
        database.request_nonce_action(&account, view.nonce.unwrap(), NonceAction::Resend, "a test").await.unwrap().unwrap();
    let again = database.request_nonce_action(&account, view.nonce.unwrap(), NonceAction::Resend, "a test").await.unwrap();
    assert!(again.is_none_or(|again| again == request) || database.nonce_request_answer(request).await.unwrap().is_some());
    let deadline = std::time::Instant::now() + crate::fixture::WAIT_TIMEOUT;
    let answer = loop {
        assert!(std::time::Instant::now() < deadline, "the role does not answer");
        if let Some(answer) = database.nonce_request_answer(request).await.unwrap() {
            break answer;
        }
        tokio::time::sleep(super::mining_fixture::POLL_INTERVAL).await;
    };
    assert_eq!(answer, "sent again");
    mining.proxies[0].clear();
    mining.until(view.id, "the block", |view| view.state == RequestState::Done).await;
    role.stop().await;
}
