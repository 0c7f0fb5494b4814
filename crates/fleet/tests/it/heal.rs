//! Replicas that die, hang or are paused.

use std::{collections::BTreeSet, time::Instant};

use linkpool_db::fleet::{PairHealth, Phase};
use linkpool_testkit::until;
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    backend::{ONLY_THE_FLEET_REPLACES, REPLACEMENT_TIME},
    fixture::{Fixture, PATIENCE_TIME},
};

fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_standby_is_back_soon_and_the_node_never_stops_serving() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let (active, url) = fixture.serving(&id).await;
    let (_, standby) = fixture.processes(&id).into_iter().find(|(replica, _)| *replica != active).unwrap();
    let starts = |replicas: &[linkpool_db::fleet::Replica]| -> BTreeSet<(String, u64)> {
        replicas.iter().map(|it| (it.replica_id.clone(), it.starts)).collect()
    };
    let before = starts(&fixture.database.replicas_of(&id).await.unwrap());
    let killed = Instant::now();
    send(standby, Signal::KILL);
    fixture.until(&id, "degraded", |node, _| node.health == PairHealth::Degraded).await;
    fixture
        .until(&id, "the replica's return", |node, replicas| {
            node.health == PairHealth::Healthy && !starts(replicas).is_subset(&before)
        })
        .await;
    assert!(killed.elapsed() < REPLACEMENT_TIME, "{:?}", killed.elapsed());
    assert_eq!(fixture.serving(&id).await, (active, url), "the active replica was disturbed");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_active_replica_is_killed_the_standby_serves_and_a_new_one_waits() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let (active, _) = fixture.serving(&id).await;
    let (_, pid) = fixture.processes(&id).into_iter().find(|(replica, _)| *replica == active).unwrap();
    send(pid, Signal::KILL);
    fixture.until(&id, "down", |node, _| node.health != PairHealth::Healthy).await;
    fixture.until(&id, "healthy again", |node, _| node.health == PairHealth::Healthy).await;
    assert_eq!(fixture.node(&id).await.phase, Phase::Healthy, "the phase is about the way to the chain, not about health");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_listens_and_does_not_answer_is_replaced() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let (active, _) = fixture.serving(&id).await;
    let (_, pid) = fixture.processes(&id).into_iter().find(|(replica, _)| *replica == active).unwrap();
    send(pid, Signal::STOP);
    // Until its probe times out the paused replica counts as serving, and by then the standby may have its lease.
    fixture.until(&id, "unhealthy", |node, _| node.health != PairHealth::Healthy).await;
    fixture.until(&id, "healthy again", |node, _| node.health == PairHealth::Healthy).await;
    let is_left = || fixture.processes(&id).iter().any(|(_, living)| *living == pid);
    until("the end of the paused process", PATIENCE_TIME, async || !is_left()).await;
    let events = fixture.database.fleet_events(&[(id, 0)]).await.unwrap();
    let replaced = events.iter().filter(|event| event.kind == "replica").count();
    assert!(replaced == 1 || (replaced == 0 && !ONLY_THE_FLEET_REPLACES), "{events:#?}");
    fleet.stop().await;
}
