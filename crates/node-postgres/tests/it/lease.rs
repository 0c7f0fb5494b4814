use linkpool_chainlink::Secret;
use linkpool_node_postgres::{Lease, Server};
use linkpool_testkit::until;
use std::time::Duration;

use crate::fixture::Fixture;

/// For a busy machine.
const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const LEASE: &str = "create table lease_lock (client_id uuid not null, expires_at timestamptz not null)";
const ID: &str = "6c1f3b4e-3a43-4f0e-9d3e-111111111111";

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_lease_and_which_version_ran_last_is_read_where_the_node_writes_it() {
    let fixture = Fixture::set().await;
    let node = fixture.node();
    node.ensure().await.unwrap();
    assert_eq!((node.lease().await.unwrap(), node.last_version().await.unwrap()), (None, None));
    let owned = format!("set role {}; {LEASE}; create table node_versions (version text, created_at timestamptz)", node.name());
    fixture.sql_in(&node, &owned);
    assert_eq!((node.lease().await.unwrap(), node.last_version().await.unwrap()), (None, None));
    fixture.sql_in(&node, &format!("insert into lease_lock values ('{ID}', now() + interval '1 hour')"));
    let versions = "insert into node_versions values ('2.31.0', now()), ('2.32.0', now() + interval '1 s'), ('2.9.0', now() - interval '1 d')";
    fixture.sql_in(&node, versions);
    assert_eq!(node.lease().await.unwrap(), Some(Lease { holder: ID.into(), is_held: true }));
    assert_eq!(node.last_version().await.unwrap().as_deref(), Some("2.32.0"));
    fixture.sql_in(&node, "update lease_lock set expires_at = now()");
    assert_eq!(node.lease().await.unwrap().map(|lease| lease.is_held), Some(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_is_seen_with_its_ports_and_how_long_it_was_silent() {
    let fixture = Fixture::set().await;
    let node = fixture.node();
    node.ensure().await.unwrap();
    let url = node.url().unwrap();
    let first = if url.expose().contains('?') { '&' } else { '?' };
    let named = format!("{}{first}application_name=Chainlink%202.31.0%20|App|{ID}", url.expose());
    // Twice, as a node has several; a server keeps the connection on which it was asked about processes.
    let kept: Vec<Server> = (0..2).map(|_| Server::new(&Secret::new(named.clone())).unwrap()).collect();
    for one in &kept {
        one.processes("nothing").await.unwrap();
    }
    let of_node = async || {
        let all = fixture.server.processes("linkpool_node_").await.unwrap();
        all.into_iter().filter(|process| process.database == node.name()).collect::<Vec<_>>()
    };
    let found = of_node().await;
    assert_eq!((found.len(), found[0].id.as_str(), found[0].ports.len()), (1, ID, 2), "{found:?}");
    until("its silence", WAIT_TIMEOUT, async || of_node().await[0].silent > Duration::from_millis(300)).await;
    kept[0].processes("nothing").await.unwrap();
    assert!(of_node().await[0].silent < found[0].silent + WAIT_TIMEOUT);
    drop(kept);
    until("its end", WAIT_TIMEOUT, async || of_node().await.is_empty()).await;
}
