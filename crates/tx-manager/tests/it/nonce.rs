//! Nonces that are not ours, and a database that is behind the chain.

use linkpool_db::tx::RequestState;
use linkpool_testkit::TestDatabase;
use linkpool_tx_manager::{
    Account, Error, FailPoints, NewTransactionRequest, Outcome, Sender, TransactionKind, Until, failpoint,
};
use tokio_util::sync::CancellationToken;

use super::mining_fixture::{MiningFixture, database, stop_once_explained};

/// Takes nonce 0 for the transaction request and dies; then a stranger uses it.
async fn robbed(mining: &MiningFixture, request: &NewTransactionRequest) -> i64 {
    let dying = mining.sender().await.with_failpoints(FailPoints::once(failpoint::RESERVED));
    let id = dying.submit(&mining.key(), request).await.unwrap();
    let died = dying.drive(id, Until::Mined, &CancellationToken::new()).await;
    assert!(matches!(died, Err(Error::FailPoint(_))), "{died:?}");
    let accounts = &mining.fixture.accounts;
    mining.fixture.chain.send_now(accounts.registrar, Some(accounts.operator), Vec::new()).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nonce_that_a_stranger_used_is_given_up_when_that_is_final_and_the_transaction_gets_another() {
    let mining = MiningFixture::set(2).await;
    let (wallet, payment) = mining.payment();
    let id = robbed(&mining, &payment).await;
    let outcome = mining.drive(&mining.sender().await, id).await;
    assert!(matches!(outcome, Outcome::Mined(mined) if mined.nonce == 1), "{outcome:?}");
    assert_eq!(mining.fixture.chain.balance(wallet).await.unwrap(), 1_000_000_000);
    let account = mining.sender().await.account();
    assert_eq!(mining.fixture.database.signer_state(&account).await.unwrap().unwrap().used_elsewhere, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_happen_twice_is_left_to_a_person_when_its_nonce_was_used_unseen() {
    let mining = MiningFixture::set(1).await;
    let payment = NewTransactionRequest { kind: TransactionKind::Call, ..mining.payment().1 };
    let id = robbed(&mining, &payment).await;
    let outcome = mining.drive(&mining.sender().await, id).await;
    let Outcome::Failed { reason } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("hand it in under a new key"), "{reason}");
    assert_eq!(mining.fixture.sent().await, 1, "the stranger's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_behind_the_chain_sends_nothing_until_a_person_resyncs_it() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    for _ in 0..2 {
        assert!(matches!(mining.send(&sender, &mining.key(), &mining.payment().1).await, Outcome::Mined(_)));
    }
    // An old copy: it knows the account from before its first transaction.
    let copy = TestDatabase::create().await.unwrap();
    let old = database(copy.url()).await;
    old.migrate().await.unwrap();
    let account: Account = sender.account();
    assert_eq!(old.signer_nonce(&account, 0).await.unwrap(), 0);
    let restored = Sender::new(mining.config(), old.clone(), mining.chain().await, std::sync::Arc::new(crate::fixture::signer()));
    let (wallet, payment) = mining.payment();
    let reward = NewTransactionRequest { kind: TransactionKind::Reward, ..mining.payment().1 };
    let (payment_id, reward_id) =
        (restored.submit("pay", &payment).await.unwrap(), restored.submit("reward", &reward).await.unwrap());
    let stop = CancellationToken::new();
    stop_once_explained(&old, payment_id, &stop);
    let outcome = restored.drive(payment_id, Until::Mined, &stop).await.unwrap();
    let Outcome::Unfinished { state: RequestState::Queued, reason: Some(reason) } = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("linkpool signer resync"), "{reason}");
    assert!(old.signer_state(&account).await.unwrap().unwrap().halted.is_some());
    assert_eq!(mining.fixture.sent().await, 2);
    let resync = old.resync_signer(&account, 2, "a test").await.unwrap().unwrap();
    assert_eq!((resync.from_nonce, resync.to_nonce, resync.cancelled), (0, 2, vec![reward_id]));
    assert_eq!(old.resync_signer(&account, 2, "a test").await.unwrap(), None);
    let outcome = mining.drive(&restored, payment_id).await;
    assert!(matches!(outcome, Outcome::Mined(mined) if mined.nonce == 2), "{outcome:?}");
    assert_eq!(mining.drive(&restored, reward_id).await, Outcome::Cancelled);
    assert_eq!(mining.fixture.chain.balance(wallet).await.unwrap(), 1_000_000_000);
}
