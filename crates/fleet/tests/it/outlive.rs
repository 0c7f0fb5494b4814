//! Nodes that outlive their fleet, and the next fleet that takes them over.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use linkpool_chainlink::{
    Secret,
    client::{Credentials, Limits, NodeClient, NodeConfig, Transport},
};
use linkpool_db::{
    fleet::{PairHealth, Phase, Replica, ReplicaState},
    lease::Leader,
};
use linkpool_fleet::{
    Error, FleetConfig, Login, Provisioner, SetKey, SetSpec,
    local::{LocalBackend, LocalConfig, stop_nodes},
};
use linkpool_testkit::{
    tcp_proxy::{Passage, TcpProxy},
    until,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    fixture::{Fixture, PATIENCE_TIME, fleet_config, processes_with},
    program::FLEET,
};

const GRACE_TIME: Duration = Duration::from_secs(5);

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

/// A fleet as a process of its own, whose nodes outlive it.
fn fleet_process(fixture: &Fixture) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "program::runs_a_fleet_if_started_as_one", "--nocapture"])
        .env(FLEET, format!("{}\n{}\npersistent", fixture.path().display(), fixture.url))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until a fleet has looked at the node again after this, and returns what it saw.
async fn seen_again(fixture: &Fixture, id: &str) -> Vec<Replica> {
    let since = fixture.database.clock().await.unwrap();
    // What is the same is stored again after a while, and at once by a fleet that begins.
    let fresh = |replicas: &[Replica]| replicas.len() == 2 && replicas.iter().all(|replica| replica.seen_at > since);
    fixture.until(id, "a new look", |_, replicas| fresh(replicas)).await;
    fixture.database.replicas_of(id).await.unwrap()
}

/// How often the node's health has changed.
async fn changes(fixture: &Fixture, id: &str) -> usize {
    let events = fixture.database.fleet_events(&[(id.to_owned(), 0)]).await.unwrap();
    events.iter().filter(|event| event.kind == "health").count()
}

/// Asks the node ten times a second whether it is ready; returns how often it was not.
async fn watch(url: String, stop: tokio_util::sync::CancellationToken) -> (usize, usize) {
    let credentials = Credentials::Token { key: Secret::new(""), secret: Secret::new("") };
    let config = NodeConfig { base_url: url.parse().unwrap(), credentials };
    let client = NodeClient::new(&Transport::new(Limits::default()).unwrap(), config).unwrap();
    let (mut asked, mut missed) = (0, 0);
    while !stop.is_cancelled() {
        asked += 1;
        missed += usize::from(!matches!(client.ready().await, Ok(true)));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    (asked, missed)
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_kills_of_the_fleet_restart_no_process_and_move_no_lease() {
    let fixture = Fixture::set().await;
    let nodes = fixture.request("one", 2).await.nodes;
    let mut fleet = fleet_process(&fixture);
    for node in &nodes {
        fixture.phase(&node.id, Phase::Healthy).await;
    }
    let (first, url) = fixture.serving(&nodes[0].id).await;
    let before: Vec<_> = nodes.iter().map(|node| fixture.processes(&node.id)).collect();
    let health = changes(&fixture, &nodes[0].id).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let watching = tokio::spawn(watch(url.clone(), stop.clone()));
    for kills in 0..20 {
        // From at once, when it waits for the lease of the one before it, to when it has looked for a while.
        tokio::time::sleep(Duration::from_millis(97 * (kills * 7 % 20))).await;
        fleet.kill().unwrap();
        fleet.wait().unwrap();
        let now: Vec<_> = nodes.iter().map(|node| fixture.processes(&node.id)).collect();
        assert_eq!(now, before, "after {} kills", kills + 1);
        fleet = fleet_process(&fixture);
    }
    let seen = seen_again(&fixture, &nodes[0].id).await;
    let mut states: Vec<_> = seen.iter().map(|replica| (replica.state.as_str(), replica.starts)).collect();
    states.sort_unstable();
    assert_eq!(states, [("serving", 1), ("waiting", 1)]);
    assert_eq!(fixture.serving(&nodes[0].id).await, (first, url), "another replica serves");
    assert_eq!(changes(&fixture, &nodes[0].id).await, health, "its health was shown as changed");
    stop.cancel();
    let (asked, missed) = watching.await.unwrap();
    assert!(asked > 20 && missed == 0, "{missed} of {asked} times the node was not ready");
    let now: Vec<_> = nodes.iter().map(|node| fixture.processes(&node.id)).collect();
    assert_eq!(now, before);
    fleet.kill().unwrap();
    fleet.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_died_while_no_fleet_looked_is_replaced_and_the_other_is_not() {
    let fixture = Fixture::set().await;
    let fleet = fixture.persistent_fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let (active, url) = fixture.serving(&id).await;
    let before = fixture.processes(&id);
    fleet.stop().await;
    assert_eq!(fixture.processes(&id), before, "a fleet that is stopped takes no node with it");
    let (standby_id, standby) = before.iter().find(|(replica, _)| *replica != active).cloned().unwrap();
    kill(standby);
    let since = fixture.database.clock().await.unwrap();
    let fleet = fixture.persistent_fleet().await;
    let waits = |it: &Replica| it.replica_id == standby_id && it.state == ReplicaState::Waiting && it.seen_at > since;
    let replaced = |replicas: &[Replica]| replicas.iter().any(waits);
    fixture.until(&id, "another standby", |node, replicas| node.health == PairHealth::Healthy && replaced(replicas)).await;
    assert_eq!(fixture.serving(&id).await, (active, url));
    let after = fixture.processes(&id);
    assert!(after.iter().any(|it| before.contains(it)) && after.len() == 2 && after != before, "{before:?} {after:?}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_wanted_no_longer_is_found_and_ended() {
    let fixture = Fixture::set().await;
    let backend = LocalBackend::new(fixture.persistent()).unwrap();
    backend.open(&[]).await.unwrap();
    let key = SetKey { node_id: "0123456789ab".into(), generation: 1 };
    backend.ensure_set(&SetSpec { key: key.clone(), replica_count: 2, release: None }, &Login::new(&key.node_id)).await.unwrap();
    until("both processes", PATIENCE_TIME, async || fixture.processes(&key.node_id).len() == 2).await;
    backend.close().await;
    // One that becomes its program right now is nobody's for a moment.
    until("both, without it", PATIENCE_TIME, async || fixture.processes(&key.node_id).len() == 2).await;
    let config = FleetConfig { orphan_patience: Duration::from_millis(300), ..fleet_config() };
    let fleet = fixture.fleet_with(config, fixture.persistent()).await;
    until("their end", PATIENCE_TIME, async || fixture.processes(&key.node_id).is_empty()).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_fleet_of_the_machine_takes_over_what_runs() {
    let fixture = Fixture::set().await;
    let first = fixture.persistent_fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let (before, serving) = (fixture.processes(&id), fixture.serving(&id).await);
    // One with the same directory, then one with a directory of its own.
    let second = fixture.persistent_fleet().await;
    first.stop().await;
    seen_again(&fixture, &id).await;
    let elsewhere = LocalConfig { directory: fixture.path().join("another"), ..fixture.persistent() };
    let third = fixture.fleet_with(fleet_config(), elsewhere).await;
    second.stop().await;
    let seen = seen_again(&fixture, &id).await;
    assert_eq!((fixture.processes(&id), fixture.serving(&id).await), (before.clone(), serving.clone()));
    let home = fixture.path().join("fleet").display().to_string();
    assert!(seen.iter().all(|replica| replica.location.as_ref().is_some_and(|location| location.ends_with(&home))), "{seen:?}");
    // It does not only look: what dies is replaced where it was.
    let (_, standby) = before.iter().find(|(replica, _)| *replica != serving.0).cloned().unwrap();
    kill(standby);
    let back = |replicas: &[Replica]| replicas.iter().any(|replica| replica.starts == 2);
    fixture.until(&id, "its return", |node, replicas| node.health == PairHealth::Healthy && back(replicas)).await;
    assert_eq!(fixture.processes(&id).len(), 2);
    third.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_is_cut_off_from_its_database_leaves_the_nodes_to_the_other_one_of_the_machine() {
    let fixture = Fixture::set().await;
    let port = fixture.url.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap();
    let tcp_proxy = TcpProxy::to(port.parse().unwrap()).await.unwrap();
    let first = fixture.persistent_fleet_at(&fixture.url.replace(port, &tcp_proxy.port().to_string())).await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let (before, serving) = (fixture.processes(&id), fixture.serving(&id).await);
    let second = fixture.persistent_fleet().await;
    tcp_proxy.set(Passage::Silent);
    seen_again(&fixture, &id).await;
    // It does not only look: what dies is replaced.
    let (killed, standby) = before.iter().find(|(replica, _)| *replica != serving.0).cloned().unwrap();
    kill(standby);
    let back = |replicas: &[Replica]| {
        replicas.iter().any(|it| (&it.replica_id, it.starts, it.state) == (&killed, 2, ReplicaState::Waiting))
    };
    fixture.until(&id, "another standby", |_, replicas| back(replicas)).await;
    assert_eq!(fixture.serving(&id).await, serving);
    // The first finds out that it leads no longer, and does nothing.
    tcp_proxy.set(Passage::Open);
    let after = fixture.processes(&id);
    first.stop().await;
    seen_again(&fixture, &id).await;
    assert_eq!((fixture.processes(&id), after.len()), (after.clone(), 2));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_machine_runs_by_now_ends_here_and_only_that() {
    let fixture = Fixture::set().await;
    let fleet = fixture.persistent_fleet().await;
    let nodes = fixture.request("one", 2).await.nodes;
    for node in &nodes {
        fixture.phase(&node.id, Phase::Healthy).await;
    }
    fleet.stop().await;
    // The fleet of another machine leads, and its replica of the first node waits.
    let mut other = Leader::new(fixture.database.clone(), "fleet", Duration::from_secs(120));
    until("the lease", PATIENCE_TIME, async || other.hold().await.unwrap().is_some()).await;
    let mut replica = fixture.database.replicas_of(&nodes[0].id).await.unwrap().remove(0);
    replica.location = Some("another machine: /srv/nodes".into());
    replica.state = ReplicaState::Starting;
    fixture.database.set_replicas(std::slice::from_ref(&replica)).await.unwrap();
    let fleet = fixture.persistent_fleet().await;
    // Longer than a follower takes between two looks.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(fixture.processes(&nodes[0].id).len(), 2, "nobody would take over yet");
    replica.state = ReplicaState::Waiting;
    fixture.database.set_replicas(&[replica]).await.unwrap();
    until("their end here", PATIENCE_TIME, async || fixture.processes(&nodes[0].id).is_empty()).await;
    assert_eq!(fixture.processes(&nodes[1].id).len(), 2, "a node that nobody else runs was ended");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nodes_of_a_machine_are_stopped_on_demand_and_not_while_a_fleet_runs_them() {
    let fixture = Fixture::set().await;
    let fleet = fixture.persistent_fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let directory = fixture.path().join("fleet");
    let refused = stop_nodes(&directory, GRACE_TIME).await;
    assert!(matches!(refused, Err(Error::DirectoryInUse { .. })), "{refused:?}");
    fleet.stop().await;
    assert_eq!(stop_nodes(&directory, GRACE_TIME).await.unwrap(), 2);
    assert_eq!(fixture.processes(&id), []);
    assert_eq!(stop_nodes(&directory, GRACE_TIME).await.unwrap(), 0);
    assert!(processes_with(&format!("{id}/g1-")).is_empty());
}
