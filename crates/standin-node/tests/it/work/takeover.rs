//! Replicas that end, at any moment, and replicas that do not know that they have ended.

use std::time::Duration;

use linkpool_standin_node::{LeaseTiming, ReplicaConfig};
use linkpool_testkit::{fixture::Asked, until};
use serde_json::json;

use super::fixture::{ANSWER, LONG, Stage};
use crate::fixture::serving;

#[tokio::test]
async fn a_replica_that_takes_over_goes_on_with_what_was_asked_and_answers_nothing_twice() {
    let (mut stage, _) = Stage::with_job().await;
    let first = stage.ask().await;
    stage.answered(&first, ANSWER).await;
    let mut next = stage.start_replica();
    // Asked while nobody serves.
    stage.replica.take().unwrap().kill().await;
    let second = stage.ask().await;
    stage.chain.mine(30).await.unwrap();
    serving(&mut next).await;
    stage.answered(&second, ANSWER).await;
    stage.until_seen().await;
    assert_eq!(stage.sent().await, 2);
}

#[tokio::test]
async fn one_that_is_killed_between_signing_and_sending_or_between_sending_and_storing_leaves_one_answer() {
    for was_sent in [false, true] {
        let (mut stage, job) = Stage::with_job().await;
        let asked = stage.ask().await;
        stage.answered(&asked, ANSWER).await;
        stage.replica.take().unwrap().kill().await;
        if !was_sent {
            // The request alone stays on chain.
            stage.chain.reorg(1).await.unwrap();
            assert!(stage.answers_to(&asked).await.is_empty());
        }
        stage.node_database.execute("UPDATE {schema}.evm_tx SET state = 'in_progress', sent_height = 0, block_hash = NULL").await;
        let mut next = stage.start_replica();
        let (address, _) = serving(&mut next).await;
        stage.answered(&asked, ANSWER).await;
        stage.finalize().await;
        stage.until_seen().await;
        stage.node = crate::fixture::client(address, linkpool_chainlink::client::Limits::default(), crate::fixture::password());
        let run = stage.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
        assert_eq!((run.errors, stage.sent().await), (Vec::new(), 1), "was sent: {was_sent}");
    }
}

#[tokio::test]
async fn two_replicas_that_both_believe_to_serve_send_one_answer_to_each_request() {
    let (mut stage, _) = Stage::with_job().await;
    stage.replica.take().unwrap().kill().await;
    // They renew so seldom that neither finds out.
    let lease = LeaseTiming { duration: Duration::from_secs(600), refresh: Duration::from_secs(300) };
    stage.config = ReplicaConfig { lease, ..stage.config };
    let expire = "UPDATE {schema}.lease_lock SET expires_at = now() - interval '1 second'";
    let mut replicas = Vec::new();
    for _ in 0..2 {
        stage.node_database.execute(expire).await;
        let mut replica = stage.start_replica();
        serving(&mut replica).await;
        replicas.push(replica);
    }
    let mut asked: Vec<Asked> = Vec::new();
    for _ in 0..12 {
        asked.push(stage.ask().await);
    }
    for asked in &asked {
        stage.answered(asked, ANSWER).await;
    }
    stage.finalize().await;
    stage.until_seen().await;
    assert_eq!(stage.sent().await, 12);
    let both = stage.node_database.execute("UPDATE {schema}.lease_lock SET expires_at = expires_at").await;
    assert_eq!((both, replicas.iter().filter(|replica| serves(replica)).count()), (1, 2), "one row, and two that serve");
}

fn serves(replica: &linkpool_standin_node::ReplicaHandle) -> bool {
    matches!(replica.state(), linkpool_standin_node::ReplicaState::Serving { .. })
}

#[tokio::test]
async fn many_requests_in_one_block_are_all_answered_through_a_kill() {
    let (mut stage, _) = Stage::with_job().await;
    let mut next = stage.start_replica();
    let mut asked = Vec::new();
    for number in 0..20 {
        asked.push(stage.ask().await);
        if number == 10 {
            stage.replica.take().unwrap().kill().await;
        }
    }
    serving(&mut next).await;
    for asked in &asked {
        stage.answered(asked, ANSWER).await;
    }
    stage.until_seen().await;
    assert_eq!(stage.sent().await, 20);
    stage.rpc("evm_setAutomine", json!([true])).await;
    until("nothing in flight", LONG, async || {
        stage.chain.mine(3).await.unwrap();
        stage.number("SELECT count(*) FROM node_0.evm_tx WHERE state <> 'finalized'".into()).await == 0
    })
    .await;
}
