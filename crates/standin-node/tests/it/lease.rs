//! Two replicas on one database: one wallet, one active, and who follows when.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use linkpool_chainlink::client::{Health, Limits};
use linkpool_standin_node::{LeaseTiming, Replica, ReplicaHandle, ReplicaState, StandinError};
use linkpool_testkit::{until, until_some};
use sqlx::postgres::PgPoolOptions;

use crate::fixture::{CHAIN, LEASE, LONG_LEASE, Node, NodeDatabase, WAIT_TIMEOUT, client, password, serving};

/// What a busy machine may add to a deadline that the protocol gives.
const MARGIN_TIME: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_standby_has_no_listener_and_takes_over_within_one_refresh_of_a_stop() {
    let node = Node::with_lease(LONG_LEASE).await;
    let mut standby = node.node_database.start(node.node_database.config());
    let waiting = standby.wait_for(WAIT_TIMEOUT, |state| *state == ReplicaState::WaitingForLease).await;
    assert!(waiting.is_some());

    let begin = Instant::now();
    node.replica.stop().await.unwrap();
    let (address, wallet) = serving(&mut standby).await;
    let took = begin.elapsed();
    println!("hand-over after a stop took {took:?}");
    assert!(took < LONG_LEASE.refresh + MARGIN_TIME, "the lease was released, not run out: {took:?}");
    assert_eq!(wallet, node.wallet);
    assert_eq!(client(address, Limits::default(), node.token).wallet(CHAIN).await, Ok(wallet));
    assert_eq!(client(node.address, Limits::default(), password()).health().await, Ok(Health::NotListening));
}

#[tokio::test]
async fn after_a_crash_the_standby_waits_for_the_lease_to_run_out_and_not_much_longer() {
    // So long that even a renewal that comes late leaves most of it.
    let lease = LeaseTiming { duration: Duration::from_secs(5), ..LEASE };
    let node = Node::with_lease(lease).await;
    let mut standby = node.node_database.start(node.node_database.config());
    standby.wait_for(WAIT_TIMEOUT, |state| *state == ReplicaState::WaitingForLease).await.unwrap();

    let begin = Instant::now();
    node.replica.kill().await;
    let (_, wallet) = serving(&mut standby).await;
    let took = begin.elapsed();
    println!("take-over after a crash took {took:?}");
    assert!(took >= lease.duration / 2, "{took:?}: the lease was still held");
    assert!(took < lease.duration + lease.refresh * 2 + MARGIN_TIME, "{took:?}");
    assert_eq!(wallet, node.wallet);
}

#[tokio::test]
async fn a_killed_replica_answers_no_more_on_the_connections_it_had() {
    let node = Node::start().await;
    let client = node.client();
    assert_eq!(client.wallet(CHAIN).await, Ok(node.wallet), "leaves a connection open");
    node.replica.kill().await;
    let error = client.wallet(CHAIN).await.expect_err("killed");
    assert!(matches!(error.code(), "refused" | "broken_answer"), "{error}");
}

#[tokio::test]
async fn replicas_that_start_together_are_one_active_node_with_one_wallet() {
    for _ in 0..5 {
        let node_database = NodeDatabase::new().await;
        let mut replicas: Vec<_> = (0..4).map(|_| node_database.start(node_database.config())).collect();
        for replica in &mut replicas {
            let settled = |state: &ReplicaState| matches!(state, ReplicaState::WaitingForLease | ReplicaState::Serving { .. });
            replica.wait_for(WAIT_TIMEOUT, settled).await.expect("neither ends");
        }
        let serves = |it: &ReplicaHandle| matches!(it.state(), ReplicaState::Serving { .. });
        until("an active replica", WAIT_TIMEOUT, async || replicas.iter().any(serves)).await;
        let active = replicas.iter().filter(|it| serves(it)).count();
        assert_eq!((active, node_database.count("evm_key").await, node_database.count("lease_lock").await), (1, 1, 1));
    }
}

#[tokio::test]
async fn a_replica_whose_lease_was_taken_ends_and_leaves_the_lease_alone() {
    let mut node = Node::start().await;
    let taken = "UPDATE {schema}.lease_lock SET client_id = gen_random_uuid(), expires_at = now() + interval '1 hour'";
    assert_eq!(node.node_database.execute(taken).await, 1);
    let begin = Instant::now();
    let outcome = tokio::time::timeout(WAIT_TIMEOUT, node.replica.ended()).await.unwrap();
    assert!(matches!(outcome, Err(StandinError::LeaseLost)), "{outcome:?}");
    assert!(begin.elapsed() < LEASE.refresh + MARGIN_TIME);
    let released = "UPDATE {schema}.lease_lock SET expires_at = now() WHERE expires_at < now() + interval '59 minutes'";
    assert_eq!(node.node_database.execute(released).await, 0, "the new holder's lease is untouched");
    assert_eq!(client(node.address, Limits::default(), password()).health().await, Ok(Health::NotListening));
}

#[tokio::test]
async fn whoever_cannot_reach_its_database_goes_on_holder_or_standby() {
    let node_database = NodeDatabase::new().await;
    let [active_pool, standby_pool] = [0, 1].map(|_| PgPoolOptions::new().max_connections(2));
    let active_pool = active_pool.connect(&node_database.url).await.unwrap();
    let standby_pool = standby_pool.connect(&node_database.url).await.unwrap();
    let mut active = Replica::new(active_pool.clone(), node_database.config()).unwrap().spawn();
    let (address, _) = serving(&mut active).await;
    let mut standby = Replica::new(standby_pool.clone(), node_database.config()).unwrap().spawn();
    standby.wait_for(WAIT_TIMEOUT, |state| *state == ReplicaState::WaitingForLease).await.unwrap();
    active_pool.close().await;
    standby_pool.close().await;
    for replica in [&mut active, &mut standby] {
        let outcome = tokio::time::timeout(LEASE.duration * 2, replica.ended()).await;
        assert!(outcome.is_err(), "{outcome:?}");
    }
    assert_eq!(standby.state(), ReplicaState::WaitingForLease);
    assert_eq!(client(address, Limits::default(), password()).ready().await, Ok(true));
}

#[tokio::test]
async fn many_nodes_share_one_process_and_few_connections() {
    let node_database = NodeDatabase::new().await;
    let shared = PgPoolOptions::new().max_connections(8).connect(&node_database.url).await.unwrap();
    let begin = Instant::now();
    let mut replicas = Vec::new();
    for number in 0..20 {
        let node = node_database.beside(number, &shared);
        replicas.push([node.start(node.config()), node.start(node.config())]);
    }
    let mut wallets = HashSet::new();
    for pair in &mut replicas {
        let wallet = until_some("the active one of the pair", WAIT_TIMEOUT, async || {
            pair.iter().find_map(|it| match it.state() {
                ReplicaState::Serving { wallet, .. } => Some(wallet),
                _ => None,
            })
        })
        .await;
        wallets.insert(wallet);
    }
    println!("20 nodes of two replicas took {:?}", begin.elapsed());
    assert_eq!(wallets.len(), 20);
}
