//! What one signer may do.

use std::time::Instant;

use linkpool_db::tx::RequestState;
use linkpool_testkit::{Fault, until};
use linkpool_tx_manager::{FeeCaps, FeesPerDay, Limits, TransactionConfig};

use super::mining_fixture::{MiningFixture, POLL_INTERVAL};
use crate::fixture::WAIT_TIMEOUT;

#[tokio::test(flavor = "multi_thread")]
async fn fees_stay_within_the_budget_of_a_day() {
    let mining = MiningFixture::set(1).await;
    let sender = mining.sender().await;
    for _ in 0..5 {
        sender.submit(&mining.key(), &mining.payment().1).await.unwrap();
    }
    // A payment costs between 21,000 times 1 and 3 gwei here: there is room for one, and not for five.
    let max_wei = 21_000 * 3_200_000_000;
    let limits = Limits { fees_per_day: FeesPerDay::Most(max_wei), ..Limits::default() };
    let role = mining.role(TransactionConfig { limits, ..mining.config() }).await;
    let view = mining.until(5, "a reason", |view| view.last_error.is_some()).await;
    assert!(view.last_error.unwrap().contains("the fee budget of 24 hours"));
    let state = mining.fixture.database.signer_state(&sender.account()).await.unwrap().unwrap();
    assert!(state.fees_today_wei <= max_wei, "{state:?}");
    assert!(mining.fixture.sent().await < 5);
    role.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replacements_pay_an_eighth_more_and_end_after_so_many_with_a_sentence() {
    let mining = MiningFixture::set(1).await;
    mining.proxies[0].set(Fault::ForgetsTransactions.on("eth_sendRawTransaction"));
    let config = TransactionConfig { replace_after_blocks: 1, max_replacements: 3, ..mining.config() };
    let role = mining.role(config.clone()).await;
    let (wallet, payment) = mining.payment();
    let id = mining.sender().await.submit(&mining.key(), &payment).await.unwrap();
    let stuck = |view: &linkpool_db::tx::TransactionView| {
        view.trouble.as_deref().is_some_and(|trouble| trouble.contains("stuck after 4 attempts"))
    };
    mining.until(id, "being stuck", stuck).await;
    let attempts = async || mining.fixture.database.attempts_of(id).await.unwrap();
    let sent_again = async || attempts().await.last().is_some_and(|(_, last)| last.sends > 2);
    until("its last bytes, sent again and again", WAIT_TIMEOUT, sent_again).await;
    let signed = attempts().await;
    assert_eq!(signed.len(), 4, "{signed:#?}");
    for pair in signed.windows(2) {
        let [(_, before), (_, after)] = pair else { continue };
        assert!(after.max_fee_wei * 8 >= before.max_fee_wei * 9 && after.tip_wei * 8 >= before.tip_wei * 9, "{pair:#?}");
    }
    mining.proxies[0].clear();
    mining.until(id, "the block", |view| view.state == RequestState::Done && view.trouble.is_none()).await;
    assert_eq!(mining.fixture.chain.balance(wallet).await.unwrap(), 1_000_000_000);
    role.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_gas_is_dearer_than_the_caps_no_nonce_is_taken() {
    let mining = MiningFixture::set(1).await;
    let fees = FeeCaps { max_fee_wei: 2, max_tip_wei: 1 };
    let role = mining.role(TransactionConfig { fees, ..mining.config() }).await;
    let id = mining.sender().await.submit(&mining.key(), &mining.payment().1).await.unwrap();
    let view = mining.until(id, "a reason", |view| view.last_error.is_some()).await;
    assert!(view.last_error.unwrap().contains("fee caps"));
    assert_eq!((view.nonce, view.state), (None, RequestState::Queued));
    role.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_allowed_are_in_flight_and_all_get_their_turn() {
    let mining = MiningFixture::set(1).await;
    mining.proxies[0].set(Fault::ForgetsTransactions.on("eth_sendRawTransaction"));
    let sender = mining.sender().await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(sender.submit(&mining.key(), &mining.payment().1).await.unwrap());
    }
    let limits = Limits { max_in_flight: 3, ..Limits::none() };
    let role = mining.role(TransactionConfig { limits, ..mining.config() }).await;
    mining.until(ids[2], "the third nonce", |view| view.attempts > 0).await;
    // Several turns in which nothing is mined: its bytes are sent again at the begin of each second or third.
    let deadline = Instant::now() + WAIT_TIMEOUT;
    while mining.fixture.database.attempts_of(ids[2]).await.unwrap().iter().map(|(_, attempt)| attempt.sends).sum::<u32>() < 4 {
        assert!(Instant::now() < deadline, "it is not sent again");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    assert_eq!(mining.all().await.iter().filter(|it| it.nonce.is_some()).count(), 3);
    mining.proxies[0].clear();
    for id in ids {
        mining.until(id, "its turn", |view| view.state == RequestState::Done).await;
    }
    mining.assert_no_gap().await;
    role.stop().await;
}
