//! The wallet's ether, and the consumer's LINK.

use alloy_primitives::{Address, U256};
use linkpool_chainlink::client::Transfer;
use linkpool_contracts::{link::balanceOfCall, operator::withdrawableCall};
use linkpool_testkit::until;

use super::fixture::{ANSWER, LONG, PAYMENT, Stage, topic};

#[tokio::test]
async fn an_answer_that_the_wallet_cannot_pay_for_waits_for_ether_and_is_sent_once() {
    let (stage, job) = Stage::with_job().await;
    stage.chain.set_balance(stage.wallet, 1).await.unwrap();
    let asked = [stage.ask().await, stage.ask().await];
    until("a refused answer", LONG, async || {
        stage.number("SELECT count(*) FROM node_0.evm_tx WHERE state = 'in_progress' AND sent_height > 0".into()).await == 1
    })
    .await;
    stage.chain.mine(3).await.unwrap();
    // As in a node, the run is under way and has no error.
    let run = stage.run(&job, "the run", |_| true).await;
    assert_eq!((run.finished_at, run.errors, stage.sent().await), (None, Vec::new(), 0));
    stage.chain.set_balance(stage.wallet, 10u128.pow(18)).await.unwrap();
    stage.chain.mine(1).await.unwrap();
    for asked in &asked {
        stage.answered(asked, ANSWER).await;
    }
    assert_eq!(stage.sent().await, 2);
}

#[tokio::test]
async fn a_transfer_takes_no_nonce_of_an_answer_that_waits_for_ether() {
    let (stage, _) = Stage::with_job().await;
    // Enough for a transfer, and not for the gas of an answer.
    stage.chain.set_balance(stage.wallet, 10u128.pow(15) / 2).await.unwrap();
    let asked = stage.ask().await;
    until("a refused answer", LONG, async || {
        stage.number("SELECT count(*) FROM node_0.evm_tx WHERE state = 'in_progress' AND sent_height > 0".into()).await == 1
    })
    .await;
    let transfer = Transfer { chain_id: 31_337, from: stage.wallet, recipient: Address::repeat_byte(7), amount_wei: 1 };
    stage.node.send_transfer(&transfer).await.unwrap();
    stage.chain.set_balance(stage.wallet, 10u128.pow(18)).await.unwrap();
    stage.chain.mine(1).await.unwrap();
    stage.answered(&asked, ANSWER).await;
    until("the transfer", LONG, async || stage.sent().await == 2).await;
}

#[tokio::test]
async fn a_consumer_that_refuses_its_answer_has_paid_all_the_same() {
    let (stage, job) = Stage::with_job().await;
    let asked = stage.consumer.ask_in_vain(stage.operator, topic("answer"), PAYMENT).await.unwrap();
    until("the payment", LONG, async || {
        stage.chain.call(stage.operator, &withdrawableCall {}).await.unwrap() == U256::from(PAYMENT)
    })
    .await;
    assert_eq!(stage.answers_to(&asked).await, Vec::<U256>::new());
    stage.finalize().await;
    let run = stage.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
    assert_eq!((run.errors, stage.sent().await), (Vec::new(), 1));
}

#[tokio::test]
async fn a_request_that_was_taken_back_costs_the_node_a_transaction_and_nobody_a_payment() {
    let (mut stage, job) = Stage::with_job().await;
    let failing = stage.add_job("strict", super::fixture::FIXED, "", "failOnRevert=\"true\"").await;
    let balance = async |stage: &Stage| {
        let call = balanceOfCall { _owner: stage.consumer.address };
        stage.chain.call(stage.link, &call).await.unwrap()
    };
    let before = balance(&stage).await;
    stage.replica.take().unwrap().kill().await;
    let asked = [stage.ask().await, stage.ask_job("strict").await];
    stage.chain.advance_time(std::time::Duration::from_secs(301)).await.unwrap();
    for asked in &asked {
        stage.consumer.cancel(asked, PAYMENT).await.unwrap();
    }
    assert_eq!(balance(&stage).await, before);
    let mut next = stage.start_replica();
    let (address, _) = crate::fixture::serving(&mut next).await;
    stage.node = crate::fixture::client(address, linkpool_chainlink::client::Limits::default(), crate::fixture::password());
    // A node does not notice: it looks for `CancelOracleRequest` under the id of its job, and the log has that of the request.
    until("two answers in vain", LONG, async || stage.sent().await == 2).await;
    stage.finalize().await;
    let lenient = stage.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
    assert_eq!(lenient.errors, Vec::<String>::new());
    let strict = stage.run(&failing, "the end of the strict run", |run| run.finished_at.is_some()).await;
    assert!(strict.errors[0].contains("reverted on-chain"), "{strict:?}");
    assert_eq!(balance(&stage).await, before);
    assert_eq!(stage.consumer.answers_since(0).await.unwrap(), []);
}

#[tokio::test]
async fn a_request_that_has_expired_and_was_not_taken_back_is_answered() {
    let (mut stage, _) = Stage::with_job().await;
    stage.replica.take().unwrap().kill().await;
    let asked = stage.ask().await;
    stage.chain.advance_time(std::time::Duration::from_secs(301)).await.unwrap();
    let mut next = stage.start_replica();
    crate::fixture::serving(&mut next).await;
    stage.answered(&asked, ANSWER).await;
}
