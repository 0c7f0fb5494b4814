//! Replicas that die, hang or are paused.

use std::time::{Duration, Instant};

use linkpool_db::fleet::{Health, Phase};
use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{Scene, processes_with};

fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_standby_is_back_within_three_seconds_and_the_node_never_stops_serving() {
    let scene = Scene::set().await;
    let fleet = scene.fleet().await;
    let id = scene.request("one", 1).await.nodes.remove(0).id;
    scene.phase(&id, Phase::Healthy).await;
    let (active, url) = scene.serving(&id).await;
    let (_, standby) = scene.processes(&id).into_iter().find(|(slot, _)| *slot != active).unwrap();
    let killed = Instant::now();
    send(standby, Signal::KILL);
    scene.until(&id, "degraded", |node, _| node.health == Health::Degraded).await;
    scene
        .until(&id, "the replica's return", |node, replicas| {
            node.health == Health::Healthy && replicas.iter().any(|it| it.starts == 2)
        })
        .await;
    assert!(killed.elapsed() < Duration::from_secs(3), "{:?}", killed.elapsed());
    assert_eq!(scene.serving(&id).await, (active, url), "the active replica was disturbed");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_active_replica_is_killed_the_standby_serves_and_a_new_one_waits() {
    let scene = Scene::set().await;
    let fleet = scene.fleet().await;
    let id = scene.request("one", 1).await.nodes.remove(0).id;
    scene.phase(&id, Phase::Healthy).await;
    let (active, _) = scene.serving(&id).await;
    let (_, pid) = scene.processes(&id).into_iter().find(|(slot, _)| *slot == active).unwrap();
    send(pid, Signal::KILL);
    scene.until(&id, "down", |node, _| node.health != Health::Healthy).await;
    scene.until(&id, "healthy again", |node, _| node.health == Health::Healthy).await;
    assert_eq!(scene.node(&id).await.phase, Phase::Healthy, "the phase is about the way to the chain, not about health");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_listens_and_does_not_answer_is_replaced() {
    let scene = Scene::set().await;
    let fleet = scene.fleet().await;
    let id = scene.request("one", 1).await.nodes.remove(0).id;
    scene.phase(&id, Phase::Healthy).await;
    let (active, _) = scene.serving(&id).await;
    let (_, pid) = scene.processes(&id).into_iter().find(|(slot, _)| *slot == active).unwrap();
    send(pid, Signal::STOP);
    // Until its probe times out the paused replica counts as serving, and by then the standby may have its lease.
    scene.until(&id, "unhealthy", |node, _| node.health != Health::Healthy).await;
    scene.until(&id, "healthy again", |node, _| node.health == Health::Healthy).await;
    assert!(!processes_with(&format!("{id}/1-{active}.port")).contains(&pid), "the paused process was left behind");
    let events = scene.database.fleet_events(&[(id, 0)]).await.unwrap();
    assert_eq!(events.iter().filter(|event| event.kind == "replica").count(), 1, "{events:#?}");
    fleet.stop().await;
}
