//! All goes well.

use std::{fs, os::unix::fs::PermissionsExt};

use linkpool_db::fleet::{NewRelease, PairHealth, RolloutState, RolloutStep};

use super::fixture::{NEW, Nodes};
use crate::backend::{assert_configured, assert_nothing_left_of_the_first};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_rolled_to_a_newer_version_with_its_wallet_and_nothing_of_the_old_is_left() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(1).await;
    let id = &ids[0];
    let wallets = nodes.wallets(id);
    assert_eq!(wallets.len(), 1);
    nodes.start("one", NEW).await;
    nodes.until(id, "its end", |node| node.step == RolloutStep::Done).await;
    nodes.state(RolloutState::Done).await;
    nodes.whole(id, 2).await;
    let node = nodes.fixture.node(id).await;
    assert_eq!((node.version.as_deref(), nodes.wallets(id)), (Some(NEW), wallets));
    let versions = nodes.fixture.sql_of(&format!("linkpool_node_{id}"), "select version from node_versions order by created_at");
    assert_eq!(versions.last().map(String::as_str), Some(NEW));
    // What it had before is kept, for its owner's eyes only.
    let path = nodes.rolling(id).await.before["snapshot"].as_str().unwrap().to_owned();
    assert_eq!(fs::read_to_string(&path).unwrap(), "a dump\n");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_nothing_left_of_the_first(&nodes, id);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_made_after_a_roll_out_runs_what_it_brought() {
    let nodes = Nodes::set().await;
    let (fleet, _) = nodes.running(1).await;
    nodes.start("one", NEW).await;
    nodes.state(RolloutState::Done).await;
    let id = nodes.fixture.request("another", 1).await.nodes.remove(0).id;
    nodes.fixture.until(&id, "its health", |node, _| node.health == PairHealth::Healthy).await;
    let version = nodes.fixture.sql_of(&format!("linkpool_node_{id}"), "select version from node_versions");
    assert_eq!(version, [NEW]);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_alone_is_rolled_out_and_is_each_generations_own() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(1).await;
    let release = NewRelease { program: None, version: None, config: Some("[Log]\nLevel = 'debug'\n") };
    nodes.start_with("one", release, 1).await;
    let done = nodes.until(&ids[0], "its end", |node| node.step == RolloutStep::Done).await;
    assert!(!done.is_door, "the version is the same");
    nodes.whole(&ids[0], 2).await;
    assert_configured(&nodes, &ids[0], &release);
    fleet.stop().await;
}
