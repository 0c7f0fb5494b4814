//! Reorgs before and after the answer.

use alloy_primitives::U256;
use serde_json::json;

use super::fixture::{ANSWER, FIXED, LONG, PAYMENT, Stage, topic};
use linkpool_contracts::consumer::askCall;
use linkpool_testkit::until;

#[tokio::test]
async fn a_request_that_a_reorg_takes_before_it_is_confirmed_is_not_answered() {
    let stage = Stage::new().await;
    stage.add_job("answer", FIXED, "minIncomingConfirmations = 3", "").await;
    let lost = stage.ask().await;
    stage.chain.mine(1).await.unwrap();
    stage.until_seen().await;
    stage.chain.reorg(2).await.unwrap();
    stage.chain.mine(3).await.unwrap();
    stage.until_seen().await;
    assert_eq!(stage.sent().await, 0);
    // The consumer's count of requests went with the block, so the next request has the same id.
    let again = stage.ask().await;
    assert_eq!(again.request_id, lost.request_id);
    stage.chain.mine(2).await.unwrap();
    stage.answered(&again, ANSWER).await;
    assert_eq!(stage.sent().await, 1);
}

#[tokio::test]
async fn an_answer_whose_block_a_reorg_takes_is_sent_again_with_the_same_bytes() {
    let (stage, job) = Stage::with_job().await;
    let asked = stage.ask().await;
    stage.answered(&asked, ANSWER).await;
    let hash = async || {
        stage.number("SELECT hashtext(encode(hash, 'hex'))::bigint FROM node_0.evm_tx WHERE state = 'confirmed'".into()).await
    };
    until("a confirmed answer", LONG, async || {
        stage.number("SELECT count(*) FROM node_0.evm_tx WHERE state = 'confirmed'".into()).await == 1
    })
    .await;
    let before = hash().await;
    stage.chain.reorg(1).await.unwrap();
    assert_eq!(stage.answers_to(&asked).await, Vec::<U256>::new(), "the reorg took it");
    stage.answered(&asked, ANSWER).await;
    stage.finalize().await;
    stage.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
    assert_eq!(stage.sent().await, 1);
    let after =
        stage.number("SELECT hashtext(encode(hash, 'hex'))::bigint FROM node_0.evm_tx WHERE state = 'finalized'".into()).await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_request_that_a_reorg_moves_is_another_request_and_is_answered_on_its_own_terms() {
    let (stage, _) = Stage::with_job().await;
    let asked = stage.ask().await;
    stage.answered(&asked, ANSWER).await;
    until("a confirmed answer", LONG, async || {
        stage.number("SELECT count(*) FROM node_0.evm_tx WHERE state = 'confirmed'".into()).await == 1
    })
    .await;
    // The request stands in another block with another time, and so with another expiration; the answer is gone.
    let depth = stage.chain.heads().await.unwrap().head.number - asked.block_number + 1;
    let call = askCall { operator: stage.operator, jobId: topic("answer"), payment: U256::from(PAYMENT) };
    let data = alloy_primitives::Bytes::from(alloy::sol_types::SolCall::abi_encode(&call));
    let request = json!({ "from": stage.accounts.treasury, "to": stage.consumer.address, "data": data, "gas": "0x7a120" });
    stage.rpc("evm_increaseTime", json!([30])).await;
    stage.rpc("anvil_reorg", json!([depth, [[request, 0]]])).await;
    stage.answered(&asked, ANSWER).await;
    stage.until_seen().await;
    stage.finalize().await;
    stage.until_seen().await;
    assert_eq!(stage.answers_to(&asked).await, [U256::from(ANSWER)]);
    // As in a node, the first answer is sent again as well, and finds that its request is gone.
    let runs = stage.number("SELECT count(*) FROM node_0.oracle_request".into()).await;
    assert_eq!((runs, stage.sent().await), (2, 2));
}
