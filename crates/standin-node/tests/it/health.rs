//! The states of `/health` and `/readyz`.

use std::time::{Duration, Instant};

use linkpool_chainlink::client::{Health, Limits};
use linkpool_standin_node::{HEALTH_INTERVAL, ReplicaConfig};
use linkpool_testkit::until;

use crate::fixture::{Node, NodeDatabase, WAIT_TIMEOUT, client, password, serving};

#[tokio::test]
async fn health_and_readiness_tell_every_state_apart() {
    let node = Node::start().await;
    let client = node.client();
    let lost = "Degraded([FailingCheck { name: \"EVM.31337.HeadTracker.HeadListener\", output: \"Listener connected = false";
    let states = [
        ("", "Passing", true),
        ("failing-check", lost, true),
        ("chain-lost", lost, true),
        ("failing-check-old", "Failing([FailingCheck { name: \"EVM.31337.HeadTracker.HeadListener\"", false),
        ("migrating", "Migrating", false),
        ("status=503", "Failing([])", false),
    ];
    for (fault, expected, ready) in states {
        node.switch(&fault.split_terminator(',').collect::<Vec<_>>()).await;
        until(expected, WAIT_TIMEOUT, async || format!("{:?}", client.health().await.unwrap()).starts_with(expected)).await;
        assert_eq!(client.health().await.unwrap().is_passing(), fault.is_empty(), "{fault}");
        assert_eq!(client.ready().await, Ok(ready), "{fault}: a node that has lost its chain has started all the same");
    }
    for (fault, code) in [("html", "not_json"), ("status=404", "unexpected_status"), ("status=429", "rate_limited")] {
        node.switch(&[fault]).await;
        assert_eq!(client.health().await.map_err(|error| error.code()), Err(code), "{fault}");
    }
}

#[tokio::test]
async fn a_young_node_is_ready_and_fails_until_it_looks_at_itself_again() {
    let database = NodeDatabase::new().await;
    let (interval, began) = (Duration::from_secs(5), Instant::now());
    let mut replica = database.start(ReplicaConfig { health_interval: interval, ..database.config() });
    let (address, _) = serving(&mut replica).await;
    let client = client(address, Limits::default(), password());
    assert_eq!(client.ready().await, Ok(true));
    assert!(matches!(client.health().await, Ok(Health::Degraded(_))));
    until("the second look", WAIT_TIMEOUT, async || client.health().await == Ok(Health::Passing)).await;
    assert!(began.elapsed() >= interval, "{:?}", began.elapsed());
    assert_eq!(HEALTH_INTERVAL, Duration::from_secs(15), "a node's own");
}

#[tokio::test]
async fn health_needs_no_credentials() {
    let node = Node::start().await;
    node.switch(&["unauthorized"]).await;
    until("a passing look", WAIT_TIMEOUT, async || node.client().health().await == Ok(Health::Passing)).await;
}

#[tokio::test]
async fn a_node_that_is_gone_does_not_listen() {
    let node = Node::start().await;
    let address = node.address;
    node.replica.stop().await.unwrap();
    let client = client(address, Limits::default(), password());
    assert_eq!(client.health().await, Ok(Health::NotListening));
    assert_eq!(client.ready().await, Ok(false));
}

#[tokio::test]
async fn a_migration_that_ends_becomes_healthy() {
    let node_database = NodeDatabase::new().await;
    let config = ReplicaConfig { faults: "migrating=300".parse().unwrap(), ..node_database.config() };
    let mut replica = node_database.start(config);
    let (address, _) = serving(&mut replica).await;
    let client = client(address, Limits::default(), password());
    assert_eq!(client.health().await, Ok(Health::Migrating));
    until("the end of the migration", WAIT_TIMEOUT, async || client.health().await.is_ok_and(|health| health.is_passing())).await;
}

#[tokio::test]
async fn probes_count_among_the_thousand_requests_a_minute_of_an_address() {
    let node = Node::start().await;
    let client = node.client();
    let mut admitted = 0;
    let refused = loop {
        match client.ready().await {
            Ok(true) => admitted += 1,
            other => break other,
        }
        assert!(admitted <= 1_000, "nobody limits them");
    };
    assert_eq!(refused.map_err(|error| error.code()), Err("rate_limited"));
    // The fixture has logged in and made a token.
    assert_eq!(admitted, 998);
    assert_eq!(client.health().await.map_err(|error| error.code()), Err("rate_limited"));
}
