//! The fleet itself is killed.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use linkpool_db::fleet::{Health, Phase, ReplicaState};

use crate::{
    fixture::{PATIENCE, Scene},
    program::FLEET,
};

#[tokio::test(flavor = "multi_thread")]
async fn no_replica_outlives_a_fleet_that_is_killed_and_the_next_fleet_brings_them_back() {
    let scene = Scene::set().await;
    let id = scene.request("one", 1).await.nodes.remove(0).id;
    let mut fleet = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "program::runs_a_fleet_if_started_as_one", "--nocapture"])
        .env(FLEET, format!("{}\n{}", scene.path().display(), scene.url))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    scene.phase(&id, Phase::Healthy).await;
    assert_eq!(scene.processes(&id).len(), 2);
    fleet.kill().unwrap();
    fleet.wait().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !scene.processes(&id).is_empty() {
        assert!(Instant::now() < deadline, "orphans: {:?}", scene.processes(&id));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let killed = scene.database.replicas_of(&id).await.unwrap().iter().map(|it| it.seen_at).max();
    let next = scene.fleet().await;
    // What the killed fleet saw last still stands in the table until the next one has looked.
    let seen = |it: &linkpool_db::fleet::Replica| it.state == ReplicaState::Serving && Some(it.seen_at) > killed;
    scene.until(&id, "a served node", |node, replicas| node.health == Health::Healthy && replicas.iter().any(seen)).await;
    assert_eq!(scene.processes(&id).len(), 2);
    next.stop().await;
}
