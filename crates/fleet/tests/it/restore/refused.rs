//! What keeps a node from being restored, and that it is as it was then.

use std::fs;

use linkpool_db::fleet::{Phase, Replica, ReplicaState};
use linkpool_fleet::local::{DumpFile, Restore};

use crate::rollout::fixture::Nodes;

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_not_restored_while_a_process_of_it_may_live_nor_from_what_is_not_its_own() {
    let nodes = Nodes::set().await.with_programs();
    let fleet = nodes.encrypting_fleet().await;
    let ids: Vec<String> = nodes.fixture.request("two", 2).await.nodes.into_iter().map(|node| node.id).collect();
    for id in &ids {
        nodes.fixture.phase(id, Phase::Healthy).await;
        nodes.know_wallet(id).await;
    }
    let id = &ids[0];
    let dump = |path, identity| DumpFile { path, identity: Some(identity) };
    let (own, other) = (nodes.kept(id).await, nodes.kept(&ids[1]).await);
    let (chainlink, directory, serving) =
        (nodes.chainlink(), nodes.fixture.path().join("fleet"), nodes.fixture.serving(id).await);
    let refused = async |even_if_alive: bool, dump: &DumpFile, expect: &str| {
        let node = nodes.fixture.node(id).await;
        let database = &nodes.fixture.database;
        let restore = Restore {
            chainlink: &chainlink,
            directory: &directory,
            database,
            node: &node,
            actor: "a test",
            reason: "a test",
            even_if_alive,
        };
        let said = restore.assemble(dump).await.expect_err("it was not refused");
        assert!(said.contains(expect), "{said}");
        let left = format!("select count(*) from pg_database where datname like 'linkpool_node_{id}_%'");
        assert_eq!(nodes.fixture.sql(&left), ["0"], "something was left over");
        said
    };
    let good = dump(own.clone(), nodes.identity());
    let said = refused(false, &good, "runs here as process").await;
    assert!(said.contains("sessions are connected with its database") && said.contains("holds its lease"), "{said}");
    assert_eq!(nodes.fixture.serving(id).await, serving, "the node was disturbed");
    // Another node's, whose keystore opens with another password; without that, by the wallet in it.
    refused(true, &dump(other.clone(), nodes.identity()), "holds another password than the fleet has").await;
    let alone = nodes.fixture.path().join("other.dump.age");
    fs::copy(&other, &alone).unwrap();
    refused(true, &dump(alone, nodes.identity()), "is of another node: its wallets are 0x").await;
    // Nobody's private half.
    let wrong = nodes.fixture.path().join("wrong");
    fs::write(&wrong, "private half of age1other\n").unwrap();
    refused(true, &dump(own.clone(), wrong), "no identity matched any of the recipients").await;
    refused(true, &DumpFile { path: own.clone(), identity: None }, "is encrypted: name the file with the private half").await;
    refused(true, &dump(nodes.fixture.path().join("none.dump.age"), nodes.identity()), "No such file").await;
    // Stopped here, and last seen on another machine too.
    nodes.stop_node(id).await;
    nodes.fixture.until(id, "no replica", |_, replicas| replicas.is_empty()).await;
    let elsewhere = Replica {
        node_id: id.clone(),
        generation: 1,
        replica_id: "g1-0".into(),
        state: ReplicaState::Serving,
        base_url: None,
        credentials_file: None,
        admin_credentials_file: None,
        starts: 1,
        detail: None,
        seen_at: Default::default(),
        location: Some("another machine: /a/folder".into()),
    };
    nodes.fixture.database.set_replicas(&[elsewhere]).await.unwrap();
    refused(false, &good, "g1-0 was last seen").await;
    fleet.stop().await;
}
