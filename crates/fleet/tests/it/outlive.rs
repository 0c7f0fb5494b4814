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
    fleet::{Health, Phase, Replica, ReplicaState},
    lease::Leader,
};
use linkpool_fleet::{
    Error, FleetConfig, Login, Provisioner, SetKey, SetSpec,
    local::{LocalBackend, LocalConfig, stop_nodes},
};
use linkpool_testkit::{
    road::{Passage, Road},
    until,
};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    fixture::{PATIENCE, Scene, fleet_config, processes_with},
    program::FLEET,
};

const GRACE: Duration = Duration::from_secs(5);

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

/// A fleet as a process of its own, whose nodes outlive it.
fn fleet_process(scene: &Scene) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "program::runs_a_fleet_if_started_as_one", "--nocapture"])
        .env(FLEET, format!("{}\n{}\nlasting", scene.path().display(), scene.url))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until a fleet has looked at the node again after this, and returns what it saw.
async fn seen_again(scene: &Scene, id: &str) -> Vec<Replica> {
    let since = scene.database.clock().await.unwrap();
    // What is the same is stored again after a while, and at once by a fleet that begins.
    let fresh = |replicas: &[Replica]| replicas.len() == 2 && replicas.iter().all(|replica| replica.seen_at > since);
    scene.until(id, "a new look", |_, replicas| fresh(replicas)).await;
    scene.database.replicas_of(id).await.unwrap()
}

/// How often the node's health has changed.
async fn changes(scene: &Scene, id: &str) -> usize {
    let events = scene.database.fleet_events(&[(id.to_owned(), 0)]).await.unwrap();
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
    let scene = Scene::set().await;
    let nodes = scene.request("one", 2).await.nodes;
    let mut fleet = fleet_process(&scene);
    for node in &nodes {
        scene.phase(&node.id, Phase::Healthy).await;
    }
    let (first, url) = scene.serving(&nodes[0].id).await;
    let before: Vec<_> = nodes.iter().map(|node| scene.processes(&node.id)).collect();
    let health = changes(&scene, &nodes[0].id).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let watching = tokio::spawn(watch(url.clone(), stop.clone()));
    for kills in 0..20 {
        // From at once, when it waits for the lease of the one before it, to when it has looked for a while.
        tokio::time::sleep(Duration::from_millis(97 * (kills * 7 % 20))).await;
        fleet.kill().unwrap();
        fleet.wait().unwrap();
        let now: Vec<_> = nodes.iter().map(|node| scene.processes(&node.id)).collect();
        assert_eq!(now, before, "after {} kills", kills + 1);
        fleet = fleet_process(&scene);
    }
    let seen = seen_again(&scene, &nodes[0].id).await;
    let mut states: Vec<_> = seen.iter().map(|replica| (replica.state.as_str(), replica.starts)).collect();
    states.sort_unstable();
    assert_eq!(states, [("serving", 1), ("waiting", 1)]);
    assert_eq!(scene.serving(&nodes[0].id).await, (first, url), "another replica serves");
    assert_eq!(changes(&scene, &nodes[0].id).await, health, "its health was shown as changed");
    stop.cancel();
    let (asked, missed) = watching.await.unwrap();
    assert!(asked > 20 && missed == 0, "{missed} of {asked} times the node was not ready");
    let now: Vec<_> = nodes.iter().map(|node| scene.processes(&node.id)).collect();
    assert_eq!(now, before);
    fleet.kill().unwrap();
    fleet.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_died_while_no_fleet_looked_is_replaced_and_the_other_is_not() {
    let scene = Scene::set().await;
    let fleet = scene.lasting_fleet().await;
    let id = scene.request("one", 1).await.nodes.remove(0).id;
    scene.phase(&id, Phase::Healthy).await;
    let (active, url) = scene.serving(&id).await;
    let before = scene.processes(&id);
    fleet.stop().await;
    assert_eq!(scene.processes(&id), before, "a fleet that is stopped takes no node with it");
    let (slot, standby) = *before.iter().find(|(slot, _)| *slot != active).unwrap();
    kill(standby);
    let since = scene.database.clock().await.unwrap();
    let fleet = scene.lasting_fleet().await;
    let waits = |it: &Replica| it.slot == slot && it.state == ReplicaState::Waiting && it.seen_at > since;
    let replaced = |replicas: &[Replica]| replicas.iter().any(waits);
    scene.until(&id, "another standby", |node, replicas| node.health == Health::Healthy && replaced(replicas)).await;
    assert_eq!(scene.serving(&id).await, (active, url));
    let after = scene.processes(&id);
    assert!(after.iter().any(|it| before.contains(it)) && after.len() == 2 && after != before, "{before:?} {after:?}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_is_wanted_no_longer_is_found_and_ended() {
    let scene = Scene::set().await;
    let backend = LocalBackend::new(scene.lasting()).unwrap();
    backend.open(&[]).await.unwrap();
    let key = SetKey { node_id: "0123456789ab".into(), generation: 1 };
    backend.ensure_set(&SetSpec { key: key.clone(), replica_count: 2 }, &Login::new(&key.node_id)).await.unwrap();
    until("both processes", PATIENCE, async || scene.processes(&key.node_id).len() == 2).await;
    backend.close().await;
    assert_eq!(scene.processes(&key.node_id).len(), 2);
    let config = FleetConfig { orphan_patience: Duration::from_millis(300), ..fleet_config() };
    let fleet = scene.fleet_with(config, scene.lasting()).await;
    until("their end", PATIENCE, async || scene.processes(&key.node_id).is_empty()).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_fleet_of_the_machine_takes_over_what_runs() {
    let scene = Scene::set().await;
    let first = scene.lasting_fleet().await;
    let id = scene.request("one", 1).await.nodes.remove(0).id;
    scene.phase(&id, Phase::Healthy).await;
    let (before, serving) = (scene.processes(&id), scene.serving(&id).await);
    // One with the same directory, then one with a directory of its own.
    let second = scene.lasting_fleet().await;
    first.stop().await;
    seen_again(&scene, &id).await;
    let elsewhere = LocalConfig { directory: scene.path().join("another"), ..scene.lasting() };
    let third = scene.fleet_with(fleet_config(), elsewhere).await;
    second.stop().await;
    let seen = seen_again(&scene, &id).await;
    assert_eq!((scene.processes(&id), scene.serving(&id).await), (before.clone(), serving.clone()));
    let home = scene.path().join("fleet").display().to_string();
    assert!(seen.iter().all(|replica| replica.place.as_ref().is_some_and(|place| place.ends_with(&home))), "{seen:?}");
    // It does not only look: what dies is replaced where it was.
    let (_, standby) = *before.iter().find(|(slot, _)| *slot != serving.0).unwrap();
    kill(standby);
    let back = |replicas: &[Replica]| replicas.iter().any(|replica| replica.starts == 2);
    scene.until(&id, "its return", |node, replicas| node.health == Health::Healthy && back(replicas)).await;
    assert_eq!(scene.processes(&id).len(), 2);
    third.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_is_cut_off_from_its_database_leaves_the_nodes_to_the_other_one_of_the_machine() {
    let scene = Scene::set().await;
    let port = scene.url.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap();
    let road = Road::to(port.parse().unwrap()).await.unwrap();
    let first = scene.lasting_fleet_at(&scene.url.replace(port, &road.port().to_string())).await;
    let id = scene.request("one", 1).await.nodes.remove(0).id;
    scene.phase(&id, Phase::Healthy).await;
    let (before, serving) = (scene.processes(&id), scene.serving(&id).await);
    let second = scene.lasting_fleet().await;
    road.set(Passage::Silent);
    seen_again(&scene, &id).await;
    // It does not only look: what dies is replaced.
    let (slot, standby) = *before.iter().find(|(slot, _)| *slot != serving.0).unwrap();
    kill(standby);
    let back =
        |replicas: &[Replica]| replicas.iter().any(|it| (it.slot, it.starts, it.state) == (slot, 2, ReplicaState::Waiting));
    scene.until(&id, "another standby", |_, replicas| back(replicas)).await;
    assert_eq!(scene.serving(&id).await, serving);
    // The first finds out that it leads no longer, and does nothing.
    road.set(Passage::Open);
    let after = scene.processes(&id);
    first.stop().await;
    seen_again(&scene, &id).await;
    assert_eq!((scene.processes(&id), after.len()), (after.clone(), 2));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_machine_runs_by_now_ends_here_and_only_that() {
    let scene = Scene::set().await;
    let fleet = scene.lasting_fleet().await;
    let nodes = scene.request("one", 2).await.nodes;
    for node in &nodes {
        scene.phase(&node.id, Phase::Healthy).await;
    }
    fleet.stop().await;
    // The fleet of another machine leads, and its replica of the first node waits.
    let mut other = Leader::new(scene.database.clone(), "fleet", Duration::from_secs(120));
    until("the lease", PATIENCE, async || other.hold().await.unwrap().is_some()).await;
    let mut replica = scene.database.replicas_of(&nodes[0].id).await.unwrap().remove(0);
    replica.place = Some("another machine: /srv/nodes".into());
    replica.state = ReplicaState::Starting;
    scene.database.set_replicas(std::slice::from_ref(&replica)).await.unwrap();
    let fleet = scene.lasting_fleet().await;
    // Longer than a follower takes between two looks.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(scene.processes(&nodes[0].id).len(), 2, "nobody would take over yet");
    replica.state = ReplicaState::Waiting;
    scene.database.set_replicas(&[replica]).await.unwrap();
    until("their end here", PATIENCE, async || scene.processes(&nodes[0].id).is_empty()).await;
    assert_eq!(scene.processes(&nodes[1].id).len(), 2, "a node that nobody else runs was ended");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nodes_of_a_machine_are_stopped_on_demand_and_not_while_a_fleet_runs_them() {
    let scene = Scene::set().await;
    let fleet = scene.lasting_fleet().await;
    let id = scene.request("one", 1).await.nodes.remove(0).id;
    scene.phase(&id, Phase::Healthy).await;
    let directory = scene.path().join("fleet");
    let refused = stop_nodes(&directory, GRACE).await;
    assert!(matches!(refused, Err(Error::DirectoryInUse { .. })), "{refused:?}");
    fleet.stop().await;
    assert_eq!(stop_nodes(&directory, GRACE).await.unwrap(), 2);
    assert_eq!(scene.processes(&id), []);
    assert_eq!(stop_nodes(&directory, GRACE).await.unwrap(), 0);
    assert!(processes_with(&format!("{id}/1-")).is_empty());
}
