//! The states of `/health` and `/readyz`.

use linkpool_chainlink::client::{Health, Limits};
use linkpool_testkit::until;

use crate::fixture::{Node, PATIENCE, client, password};

#[tokio::test]
async fn health_and_readiness_tell_every_state_apart() {
    let node = Node::start().await;
    let client = node.client();
    let states = [
        ("", "Passing", true),
        ("failing-check", "Degraded([FailingCheck { name: \"EVM.31337.HeadTracker.HeadListener\", output: \"Listener", false),
        ("failing-check-old", "Failing([FailingCheck { name: \"EVM.31337.HeadTracker.HeadListener\"", false),
        ("migrating", "Migrating", false),
        ("status=503", "Failing([])", false),
    ];
    for (fault, expected, ready) in states {
        node.switch(&fault.split_terminator(',').collect::<Vec<_>>()).await;
        let health = client.health().await.unwrap();
        assert!(format!("{health:?}").starts_with(expected), "{fault}: {health:?}");
        assert_eq!(health.is_passing(), fault.is_empty(), "{fault}");
        assert_eq!(client.ready().await, Ok(ready), "{fault}");
    }
    for (fault, code) in [("html", "not_json"), ("status=404", "unexpected_status"), ("status=429", "rate_limited")] {
        node.switch(&[fault]).await;
        assert_eq!(client.health().await.map_err(|error| error.code()), Err(code), "{fault}");
    }
}

#[tokio::test]
async fn health_needs_no_credentials() {
    let node = Node::start().await;
    node.switch(&["unauthorized"]).await;
    assert_eq!(node.client().health().await, Ok(Health::Passing));
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
    let node_database = crate::fixture::NodeDatabase::new().await;
    let config = linkpool_standin_node::ReplicaConfig { faults: "migrating=300".parse().unwrap(), ..node_database.config() };
    let mut replica = node_database.start(config);
    let (address, _) = crate::fixture::serving(&mut replica).await;
    let client = client(address, Limits::default(), password());
    assert_eq!(client.health().await, Ok(Health::Migrating));
    until("the end of the migration", PATIENCE, async || client.health().await.is_ok_and(|health| health.is_passing())).await;
}
