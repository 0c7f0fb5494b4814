//! Reorgs before and after the answer.

use alloy_primitives::U256;
use serde_json::json;

use super::fixture::{ANSWER, FIXED, Fixture, PAYMENT, WAIT_TIMEOUT, topic};
use linkpool_contracts::consumer::askCall;
use linkpool_testkit::until;

#[tokio::test]
async fn a_request_that_a_reorg_takes_before_it_is_confirmed_is_not_answered() {
    let fixture = Fixture::new().await;
    fixture.add_job("answer", FIXED, "minIncomingConfirmations = 3", "").await;
    let lost = fixture.ask().await;
    fixture.chain.mine(1).await.unwrap();
    fixture.until_seen().await;
    fixture.chain.reorg(2).await.unwrap();
    fixture.chain.mine(3).await.unwrap();
    fixture.until_seen().await;
    assert_eq!(fixture.sent().await, 0);
    // The consumer's count of requests went with the block, so the next request has the same id.
    let again = fixture.ask().await;
    assert_eq!(again.request_id, lost.request_id);
    fixture.chain.mine(2).await.unwrap();
    fixture.answered(&again, ANSWER).await;
    assert_eq!(fixture.sent().await, 1);
}

#[tokio::test]
async fn an_answer_whose_block_a_reorg_takes_is_sent_again_with_the_same_bytes() {
    let (fixture, job) = Fixture::with_job().await;
    let asked = fixture.ask().await;
    fixture.answered(&asked, ANSWER).await;
    let hash = async || {
        fixture.number("SELECT hashtext(encode(hash, 'hex'))::bigint FROM node_0.evm_tx WHERE state = 'confirmed'".into()).await
    };
    until("a confirmed answer", WAIT_TIMEOUT, async || {
        fixture.number("SELECT count(*) FROM node_0.evm_tx WHERE state = 'confirmed'".into()).await == 1
    })
    .await;
    let before = hash().await;
    fixture.chain.reorg(1).await.unwrap();
    assert_eq!(fixture.answers_to(&asked).await, Vec::<U256>::new(), "the reorg took it");
    fixture.answered(&asked, ANSWER).await;
    fixture.finalize().await;
    fixture.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
    assert_eq!(fixture.sent().await, 1);
    let after =
        fixture.number("SELECT hashtext(encode(hash, 'hex'))::bigint FROM node_0.evm_tx WHERE state = 'finalized'".into()).await;
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_request_that_a_reorg_moves_is_another_request_and_is_answered_on_its_own_terms() {
    let (fixture, _) = Fixture::with_job().await;
    let asked = fixture.ask().await;
    fixture.answered(&asked, ANSWER).await;
    until("a confirmed answer", WAIT_TIMEOUT, async || {
        fixture.number("SELECT count(*) FROM node_0.evm_tx WHERE state = 'confirmed'".into()).await == 1
    })
    .await;
    // The request stands in another block with another time, and so with another expiration; the answer is gone.
    let depth = fixture.chain.heads().await.unwrap().head.number - asked.block_number + 1;
    let call = askCall { operator: fixture.operator, jobId: topic("answer"), payment: U256::from(PAYMENT) };
    let data = alloy_primitives::Bytes::from(alloy::sol_types::SolCall::abi_encode(&call));
    let request = json!({ "from": fixture.accounts.treasury, "to": fixture.consumer.address, "data": data, "gas": "0x7a120" });
    fixture.rpc("evm_increaseTime", json!([30])).await;
    fixture.rpc("anvil_reorg", json!([depth, [[request, 0]]])).await;
    fixture.answered(&asked, ANSWER).await;
    fixture.until_seen().await;
    fixture.finalize().await;
    fixture.until_seen().await;
    assert_eq!(fixture.answers_to(&asked).await, [U256::from(ANSWER)]);
    // As in a node, the first answer is sent again as well, and finds that its request is gone.
    let runs = fixture.number("SELECT count(*) FROM node_0.oracle_request".into()).await;
    assert_eq!((runs, fixture.sent().await), (2, 2));
}
