//! The wallet's ether, and the consumer's LINK.

use alloy_primitives::{Address, U256};
use linkpool_chainlink::client::Transfer;
use linkpool_contracts::{link::balanceOfCall, operator::withdrawableCall};
use linkpool_testkit::until;

use super::fixture::{ANSWER, Fixture, PAYMENT, WAIT_TIMEOUT, topic};

#[tokio::test]
async fn an_answer_that_the_wallet_cannot_pay_for_waits_for_ether_and_is_sent_once() {
    let (fixture, job) = Fixture::with_job().await;
    fixture.chain.set_balance(fixture.wallet, 1).await.unwrap();
    let asked = [fixture.ask().await, fixture.ask().await];
    until("a refused answer", WAIT_TIMEOUT, async || {
        fixture.number("SELECT count(*) FROM node_0.evm_tx WHERE state = 'in_progress' AND sent_height > 0".into()).await == 1
    })
    .await;
    fixture.chain.mine(3).await.unwrap();
    // As in a node, the run is under way and has no error.
    let run = fixture.run(&job, "the run", |_| true).await;
    assert_eq!((run.finished_at, run.errors, fixture.sent().await), (None, Vec::new(), 0));
    fixture.chain.set_balance(fixture.wallet, 10u128.pow(18)).await.unwrap();
    fixture.chain.mine(1).await.unwrap();
    for asked in &asked {
        fixture.answered(asked, ANSWER).await;
    }
    assert_eq!(fixture.sent().await, 2);
}

#[tokio::test]
async fn a_transfer_takes_no_nonce_of_an_answer_that_waits_for_ether() {
    let (fixture, _) = Fixture::with_job().await;
    // Enough for a transfer, and not for the gas of an answer.
    fixture.chain.set_balance(fixture.wallet, 10u128.pow(15) / 2).await.unwrap();
    let asked = fixture.ask().await;
    until("a refused answer", WAIT_TIMEOUT, async || {
        fixture.number("SELECT count(*) FROM node_0.evm_tx WHERE state = 'in_progress' AND sent_height > 0".into()).await == 1
    })
    .await;
    let transfer = Transfer { chain_id: 31_337, from: fixture.wallet, recipient: Address::repeat_byte(7), amount_wei: 1 };
    fixture.node.send_transfer(&transfer).await.unwrap();
    fixture.chain.set_balance(fixture.wallet, 10u128.pow(18)).await.unwrap();
    fixture.chain.mine(1).await.unwrap();
    fixture.answered(&asked, ANSWER).await;
    until("the transfer", WAIT_TIMEOUT, async || fixture.sent().await == 2).await;
}

#[tokio::test]
async fn a_consumer_that_refuses_its_answer_has_paid_all_the_same() {
    let (fixture, job) = Fixture::with_job().await;
    let asked = fixture.consumer.ask_in_vain(fixture.operator, topic("answer"), PAYMENT).await.unwrap();
    until("the payment", WAIT_TIMEOUT, async || {
        fixture.chain.call(fixture.operator, &withdrawableCall {}).await.unwrap() == U256::from(PAYMENT)
    })
    .await;
    assert_eq!(fixture.answers_to(&asked).await, Vec::<U256>::new());
    fixture.finalize().await;
    let run = fixture.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
    assert_eq!((run.errors, fixture.sent().await), (Vec::new(), 1));
}

#[tokio::test]
async fn a_request_that_was_taken_back_costs_the_node_a_transaction_and_nobody_a_payment() {
    let (mut fixture, job) = Fixture::with_job().await;
    let failing = fixture.add_job("strict", super::fixture::FIXED, "", "failOnRevert=\"true\"").await;
    let balance = async |fixture: &Fixture| {
        let call = balanceOfCall { _owner: fixture.consumer.address };
        fixture.chain.call(fixture.link, &call).await.unwrap()
    };
    let before = balance(&fixture).await;
    fixture.replica.take().unwrap().kill().await;
    let asked = [fixture.ask().await, fixture.ask_job("strict").await];
    fixture.chain.advance_time(std::time::Duration::from_secs(301)).await.unwrap();
    for asked in &asked {
        fixture.consumer.cancel(asked, PAYMENT).await.unwrap();
    }
    assert_eq!(balance(&fixture).await, before);
    let mut next = fixture.start_replica();
    let (address, _) = crate::fixture::serving(&mut next).await;
    fixture.node = crate::fixture::client(address, linkpool_chainlink::client::Limits::default(), crate::fixture::password());
    // A node does not notice: it looks for `CancelOracleRequest` under the id of its job, and the log has that of the request.
    until("two answers in vain", WAIT_TIMEOUT, async || fixture.sent().await == 2).await;
    fixture.finalize().await;
    let lenient = fixture.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
    assert_eq!(lenient.errors, Vec::<String>::new());
    let strict = fixture.run(&failing, "the end of the strict run", |run| run.finished_at.is_some()).await;
    assert!(strict.errors[0].contains("reverted on-chain"), "{strict:?}");
    assert_eq!(balance(&fixture).await, before);
    assert_eq!(fixture.consumer.answers_since(0).await.unwrap(), []);
}

#[tokio::test]
async fn a_request_that_has_expired_and_was_not_taken_back_is_answered() {
    let (mut fixture, _) = Fixture::with_job().await;
    fixture.replica.take().unwrap().kill().await;
    let asked = fixture.ask().await;
    fixture.chain.advance_time(std::time::Duration::from_secs(301)).await.unwrap();
    let mut next = fixture.start_replica();
    crate::fixture::serving(&mut next).await;
    fixture.answered(&asked, ANSWER).await;
}
