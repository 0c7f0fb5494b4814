//! What a roll-out and a replacement take, at the times that an operator has.

use std::time::{Duration, Instant};

use linkpool_db::fleet::{FleetEvent, PairHealth, ReplicaState, RolloutState, RolloutStep};
use linkpool_fleet::RolloutTimes;
use rustix::process::{Pid, Signal, kill_process};

use super::{
    percentile,
    probe::{Gap, Probe},
    row,
};
use crate::{
    backend,
    fixture::processes_with,
    rollout::fixture::{NEW, Nodes},
};

const NODES: u16 = 5;
const PROBE_INTERVAL: Duration = Duration::from_millis(75);
/// Three waves, each of a minute.
const ROLLOUT_TIMEOUT: Duration = Duration::from_secs(600);
/// Left out of the time of a roll-out: how long a node is watched is everybody's own affair.
const BAKE_TIME: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "cargo xtask bench fleet"]
async fn how_long_a_roll_out_and_a_replacement_take_and_how_long_nobody_serves() {
    let mut nodes = Nodes::for_many(2).await;
    nodes.parallel = NODES;
    let fleet = nodes.fleet_with(RolloutTimes::default()).await;
    let ids: Vec<String> = nodes.fixture.request("nodes", NODES).await.nodes.into_iter().map(|node| node.id).collect();
    for id in &ids {
        nodes.fixture.until(id, "its health", |node, _| node.health == PairHealth::Healthy).await;
    }
    let mut replaced = Vec::new();
    // One that dies again and again waits longer each time.
    for id in &ids {
        replaced.push(replace(&nodes, id).await);
    }
    replaced.sort_by(f64::total_cmp);
    row("replace_s", percentile(&replaced, 100), "s");
    let probe = Probe::start(backend::answering(&nodes.fixture), &ids, PROBE_INTERVAL);
    nodes.start_with_bake("one", NEW, BAKE_TIME.as_secs()).await;
    nodes.state_within(RolloutState::Done, ROLLOUT_TIMEOUT).await;
    let (mut seconds, mut gaps) = (Vec::new(), probe.gaps().iter().map(Gap::seconds).collect::<Vec<f64>>());
    // A gap that nobody saw is shorter than the time between two looks.
    gaps.resize(gaps.len().max(ids.len()), PROBE_INTERVAL.as_secs_f64());
    gaps.sort_by(f64::total_cmp);
    for id in &ids {
        seconds.push(rolled(&nodes.fixture.database.fleet_events(&[(id.clone(), 0)]).await.unwrap()));
    }
    seconds.sort_by(f64::total_cmp);
    row("rollout_s", percentile(&seconds, 100), "s");
    row("rollout_gap_ms", percentile(&gaps, 95) * 1_000.0, "ms");
    fleet.stop().await;
}

/// Without the bake.
fn rolled(events: &[FleetEvent]) -> f64 {
    let at = |step: RolloutStep| {
        let is_it = |event: &&FleetEvent| event.kind == "rollout" && event.detail["step"] == step.as_str();
        events.iter().find(is_it).map(|event| event.happened_at).expect("a step of it")
    };
    let taken = at(RolloutStep::Done) - at(RolloutStep::Snapshot);
    taken.to_std().unwrap().saturating_sub(BAKE_TIME).as_secs_f64()
}

/// From the death of the one that waits until another waits.
async fn replace(nodes: &Nodes, id: &str) -> f64 {
    nodes.fixture.until(id, "its health", |node, _| node.health == PairHealth::Healthy).await;
    let replicas = nodes.fixture.database.replicas_of(id).await.unwrap();
    let waiting = replicas.iter().find(|it| it.state == ReplicaState::Waiting).unwrap().clone();
    let pid = processes_with(&format!("{id}/{}.", waiting.replica_id))[0];
    let killed = Instant::now();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    let is_back = |it: &linkpool_db::fleet::Replica| {
        it.replica_id == waiting.replica_id && it.starts > waiting.starts && it.state == ReplicaState::Waiting
    };
    nodes.fixture.until(id, "another that waits", |_, replicas| replicas.iter().any(is_back)).await;
    killed.elapsed().as_secs_f64()
}
