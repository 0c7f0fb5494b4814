//! What operators ask for about open nonces, and what the fleet's lease of a signer means for them.

use linkpool_db::tx::{IntentState, TransactionView};
use linkpool_testkit::Fault;
use linkpool_tx_manager::{Outcome, Sender, SlotAction, TransactionConfig, Until};
use tokio_util::sync::CancellationToken;

use super::desk::Desk;

/// A payment that was signed and reaches nobody.
async fn lost(desk: &Desk, sender: &Sender) -> (linkpool_primitives::Address, TransactionView) {
    desk.proxies[0].set(Fault::ForgetsTransactions.on("eth_sendRawTransaction"));
    let (wallet, payment) = desk.payment();
    let id = sender.submit(&desk.key(), &payment).await.unwrap();
    let stop = CancellationToken::new();
    let (sender, late) = (sender.clone(), stop.clone());
    let driven = tokio::spawn(async move { sender.drive(id, Until::Mined, &late).await });
    let view = desk.until(id, "an attempt that was sent", |view| view.attempts > 0).await;
    stop.cancel();
    driven.await.unwrap().unwrap();
    (wallet, view)
}

async fn ask(sender: &Sender, view: &TransactionView, action: SlotAction) -> String {
    let stop = CancellationToken::new();
    let answered = sender.request(view.nonce.unwrap(), action, "a test", &stop);
    tokio::time::timeout(crate::fixture::PATIENCE, answered).await.expect("it is answered in time").unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bump_pays_more_at_once_and_is_on_record() {
    let desk = Desk::set(1).await;
    let sender = desk.sender().await;
    let (_, view) = lost(&desk, &sender).await;
    let before = desk.scene.database.attempts_of(view.id).await.unwrap();
    let answer = ask(&sender, &view, SlotAction::Bump).await;
    assert!(answer.starts_with("signed as attempt 1, 0x"), "{answer}");
    let after = desk.scene.database.attempts_of(view.id).await.unwrap();
    assert_eq!(after.len(), 2);
    assert!(after[1].1.max_fee_wei * 8 >= before[0].1.max_fee_wei * 9);
    let asked = desk.scene.database.slot_requests_of(view.id).await.unwrap();
    assert_eq!(
        (asked[0].action, asked[0].actor.as_str(), asked[0].answer.as_deref()),
        (SlotAction::Bump, "a test", Some(answer.as_str()))
    );
    desk.proxies[0].clear();
    assert!(matches!(desk.drive(&sender, view.id).await, Outcome::Mined(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_transaction_uses_its_nonce_for_nothing() {
    let desk = Desk::set(1).await;
    let sender = desk.sender().await;
    let (wallet, view) = lost(&desk, &sender).await;
    ask(&sender, &view, SlotAction::Cancel).await;
    desk.proxies[0].clear();
    let outcome = desk.drive(&sender, view.id).await;
    assert_eq!(outcome, Outcome::Cancelled);
    assert_eq!((desk.scene.chain.balance(wallet).await.unwrap(), desk.scene.sent().await), (0, 1));
    assert!(matches!(desk.send(&sender, &desk.key(), &desk.payment().1).await, Outcome::Mined(mined) if mined.nonce == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_loses_the_race_leaves_the_transaction_done() {
    let desk = Desk::set(1).await;
    let sender = desk.sender().await;
    let (wallet, view) = lost(&desk, &sender).await;
    // Its bytes got to a miner all the same, and are mined before those that cancel.
    let raw = desk.scene.database.open_slots(&sender.account()).await.unwrap()[0].attempts[0].raw.clone();
    ask(&sender, &view, SlotAction::Cancel).await;
    desk.scene.chain.broadcast(&raw).await.unwrap();
    let outcome = desk.drive(&sender, view.id).await;
    assert!(matches!(outcome, Outcome::Mined(_)), "{outcome:?}");
    assert_eq!((desk.scene.chain.balance(wallet).await.unwrap(), desk.scene.sent().await), (1_000_000_000, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_nonce_is_cancelled_without_a_transaction() {
    let desk = Desk::set(1).await;
    let sender = desk.sender().await;
    let id = sender.submit(&desk.key(), &desk.payment().1).await.unwrap();
    assert!(desk.scene.database.cancel_queued(id, "a test").await.unwrap());
    assert!(!desk.scene.database.cancel_queued(id, "a test").await.unwrap());
    let outcome = desk.drive(&sender, id).await;
    assert_eq!((outcome, desk.scene.sent().await), (Outcome::Cancelled, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_drives_the_signer_carries_requests_out() {
    let desk = Desk::set(1).await;
    let config = TransactionConfig { use_lease: true, ..desk.config() };
    let (_, view) = lost(&desk, &desk.sender().await).await;
    let role = desk.role(config).await;
    // Without a key: only the database.
    let (database, account) = (&desk.scene.database, view.account);
    let request = database.request_slot(&account, view.nonce.unwrap(), SlotAction::Resend, "a test").await.unwrap().unwrap();
    let again = database.request_slot(&account, view.nonce.unwrap(), SlotAction::Resend, "a test").await.unwrap();
    assert!(again.is_none_or(|again| again == request) || database.request_answer(request).await.unwrap().is_some());
    let deadline = std::time::Instant::now() + crate::fixture::PATIENCE;
    let answer = loop {
        assert!(std::time::Instant::now() < deadline, "the role does not answer");
        if let Some(answer) = database.request_answer(request).await.unwrap() {
            break answer;
        }
        tokio::time::sleep(super::desk::LOOK).await;
    };
    assert_eq!(answer, "sent again");
    desk.proxies[0].clear();
    desk.until(view.id, "the block", |view| view.state == IntentState::Done).await;
    role.stop().await;
}
