//! What a node keeps when it starts again.

use std::time::{Duration, Instant};

use linkpool_chainlink::client::Limits;
use linkpool_standin_node::ReplicaConfig;

use crate::fixture::{CHAIN, Node, NodeDatabase, client, password, serving};

#[tokio::test]
async fn a_restart_keeps_wallet_users_tokens_and_switches() {
    let node = Node::start().await;
    node.switch(&["null-balances"]).await;
    node.replica.stop().await.unwrap();
    let mut again = node.node_database.start(node.node_database.config());
    let (address, wallet) = serving(&mut again).await;
    assert_eq!(wallet, node.wallet);
    let client = client(address, Limits::default(), node.token);
    assert_eq!(client.wallet(CHAIN).await, Ok(wallet), "and no second key");
    let listed = client.evm_keys(CHAIN).await.unwrap();
    assert_eq!(listed[0].balance_wei, None, "as switched");
}

#[tokio::test]
async fn a_node_that_lost_its_key_boots_once_with_another() {
    let node = Node::start().await;
    node.switch(&["wallet-replaced"]).await;
    assert_eq!(node.client().wallet(CHAIN).await, Ok(node.wallet), "not before it restarts");
    node.replica.stop().await.unwrap();

    let mut second = node.node_database.start(node.node_database.config());
    let (_, replaced) = serving(&mut second).await;
    assert_ne!(replaced, node.wallet);
    second.stop().await.unwrap();
    let mut third = node.node_database.start(node.node_database.config());
    assert_eq!(serving(&mut third).await.1, replaced, "the switch works once");
}

#[tokio::test]
async fn a_slow_boot_holds_the_lease_but_does_not_listen() {
    let node_database = NodeDatabase::new().await;
    let slow = ReplicaConfig { faults: "slow-boot=300".parse().unwrap(), ..node_database.config() };
    let begin = Instant::now();
    let mut replica = node_database.start(slow);
    let (address, wallet) = serving(&mut replica).await;
    assert!(begin.elapsed() >= Duration::from_millis(300));
    assert_eq!(client(address, Limits::default(), password()).wallet(CHAIN).await, Ok(wallet));
    assert_eq!(node_database.count("lease_lock").await, 1);
}
