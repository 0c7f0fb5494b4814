//! The fleet itself is killed.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use linkpool_db::fleet::{PairHealth, Phase, ReplicaState};

use crate::{
    fixture::{Fixture, PATIENCE_TIME},
    program::FLEET,
};

#[tokio::test(flavor = "multi_thread")]
async fn no_replica_outlives_a_fleet_that_is_killed_and_the_next_fleet_brings_them_back() {
    let fixture = Fixture::set().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    let mut fleet = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "program::runs_a_fleet_if_started_as_one", "--nocapture"])
        .env(FLEET, format!("{}\n{}", fixture.path().display(), fixture.url))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    fixture.phase(&id, Phase::Healthy).await;
    assert_eq!(fixture.processes(&id).len(), 2);
    fleet.kill().unwrap();
    fleet.wait().unwrap();
    let deadline = Instant::now() + PATIENCE_TIME;
    while !fixture.processes(&id).is_empty() {
        assert!(Instant::now() < deadline, "orphans: {:?}", fixture.processes(&id));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let killed = fixture.database.replicas_of(&id).await.unwrap().iter().map(|it| it.seen_at).max();
    let next = fixture.fleet().await;
    // What the killed fleet saw last still stands in the table until the next one has looked.
    let seen = |it: &linkpool_db::fleet::Replica| it.state == ReplicaState::Serving && Some(it.seen_at) > killed;
    fixture.until(&id, "a served node", |node, replicas| node.health == PairHealth::Healthy && replicas.iter().any(seen)).await;
    assert_eq!(fixture.processes(&id).len(), 2);
    next.stop().await;
}
