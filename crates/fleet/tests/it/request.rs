//! Calls for nodes, and what the same call twice does.

use linkpool_db::fleet::{Phase, ScaleOutcome};

use crate::fixture::{Fixture, request};

#[tokio::test]
async fn the_same_key_with_the_same_request_is_the_same_operation() {
    let fixture = Fixture::set().await;
    let first = fixture.request("a", 3).await;
    assert_eq!(first.nodes.len(), 3);
    assert!(first.nodes.iter().all(|node| node.phase == Phase::Requested));
    let again = fixture.database.request_nodes(&request("a", 3)).await.unwrap();
    assert_eq!(again, ScaleOutcome::Repeated(first));
    let other = fixture.database.request_nodes(&request("a", 4)).await.unwrap();
    assert_eq!(other, ScaleOutcome::KeyInUse);
    assert_eq!(fixture.database.fleet_nodes().await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_calls_at_once_with_one_key_make_its_nodes_once() {
    let fixture = Fixture::set().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let database = fixture.database.clone();
        calls.spawn(async move { database.request_nodes(&request("a", 2)).await.unwrap() });
    }
    let outcomes = calls.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, ScaleOutcome::Accepted(_))).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, ScaleOutcome::Repeated(_))).count(), 19);
    assert_eq!(fixture.database.fleet_nodes().await.unwrap().len(), 2);
}
