//! Replicas that end, at any moment, and replicas that do not know that they have ended.

use std::time::Duration;

use linkpool_standin_node::{LeaseTiming, ReplicaConfig};
use linkpool_testkit::{fixture::Asked, until};
use serde_json::json;

use super::fixture::{ANSWER, Fixture, WAIT_TIMEOUT};
use crate::fixture::serving;

#[tokio::test]
async fn a_replica_that_takes_over_goes_on_with_what_was_asked_and_answers_nothing_twice() {
    let (mut fixture, _) = Fixture::with_job().await;
    let first = fixture.ask().await;
    fixture.answered(&first, ANSWER).await;
    let mut next = fixture.start_replica();
    // Asked while nobody serves.
    fixture.replica.take().unwrap().kill().await;
    let second = fixture.ask().await;
    fixture.chain.mine(30).await.unwrap();
    serving(&mut next).await;
    fixture.answered(&second, ANSWER).await;
    fixture.until_seen().await;
    assert_eq!(fixture.sent().await, 2);
}

#[tokio::test]
async fn one_that_is_killed_between_signing_and_sending_or_between_sending_and_storing_leaves_one_answer() {
    for was_sent in [false, true] {
        let (mut fixture, job) = Fixture::with_job().await;
        let asked = fixture.ask().await;
        fixture.answered(&asked, ANSWER).await;
        fixture.replica.take().unwrap().kill().await;
        if !was_sent {
            // The request alone stays on chain.
            fixture.chain.reorg(1).await.unwrap();
            assert!(fixture.answers_to(&asked).await.is_empty());
        }
        fixture
            .node_database
            .execute("UPDATE {schema}.evm_tx SET state = 'in_progress', sent_height = 0, block_hash = NULL")
            .await;
        let mut next = fixture.start_replica();
        let (address, _) = serving(&mut next).await;
        fixture.answered(&asked, ANSWER).await;
        // It follows what it has sent with each new block, so these come after it.
        fixture.until_seen().await;
        fixture.finalize().await;
        fixture.node = crate::fixture::client(address, linkpool_chainlink::client::Limits::default(), crate::fixture::password());
        let run = fixture.run(&job, "the end of the run", |run| run.finished_at.is_some()).await;
        assert_eq!((run.errors, fixture.sent().await), (Vec::new(), 1), "was sent: {was_sent}");
    }
}

#[tokio::test]
async fn two_replicas_that_both_believe_to_serve_send_one_answer_to_each_request() {
    let (mut fixture, _) = Fixture::with_job().await;
    fixture.replica.take().unwrap().kill().await;
    // They renew so seldom that neither finds out.
    let lease = LeaseTiming { duration: Duration::from_secs(600), refresh: Duration::from_secs(300) };
    fixture.config = ReplicaConfig { lease, ..fixture.config };
    let expire = "UPDATE {schema}.lease_lock SET expires_at = now() - interval '1 second'";
    let mut replicas = Vec::new();
    for _ in 0..2 {
        fixture.node_database.execute(expire).await;
        let mut replica = fixture.start_replica();
        serving(&mut replica).await;
        replicas.push(replica);
    }
    let mut asked: Vec<Asked> = Vec::new();
    for _ in 0..12 {
        asked.push(fixture.ask().await);
    }
    for asked in &asked {
        fixture.answered(asked, ANSWER).await;
    }
    fixture.finalize().await;
    fixture.until_seen().await;
    assert_eq!(fixture.sent().await, 12);
    let both = fixture.node_database.execute("UPDATE {schema}.lease_lock SET expires_at = expires_at").await;
    assert_eq!((both, replicas.iter().filter(|replica| serves(replica)).count()), (1, 2), "one row, and two that serve");
}

fn serves(replica: &linkpool_standin_node::ReplicaHandle) -> bool {
    matches!(replica.state(), linkpool_standin_node::ReplicaState::Serving { .. })
}

#[tokio::test]
async fn many_requests_in_one_block_are_all_answered_through_a_kill() {
    let (mut fixture, _) = Fixture::with_job().await;
    let mut next = fixture.start_replica();
    let mut asked = Vec::new();
    for number in 0..20 {
        asked.push(fixture.ask().await);
        if number == 10 {
            fixture.replica.take().unwrap().kill().await;
        }
    }
    serving(&mut next).await;
    for asked in &asked {
        fixture.answered(asked, ANSWER).await;
    }
    fixture.until_seen().await;
    assert_eq!(fixture.sent().await, 20);
    fixture.rpc("evm_setAutomine", json!([true])).await;
    until("nothing in flight", WAIT_TIMEOUT, async || {
        fixture.chain.mine(3).await.unwrap();
        fixture.number("SELECT count(*) FROM node_0.evm_tx WHERE state <> 'finalized'".into()).await == 0
    })
    .await;
}
