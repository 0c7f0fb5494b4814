//! The local backend with programs that are no nodes: what it does for any program.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use linkpool_chainlink::Secret;
use linkpool_db::fleet::ReplicaState;
use linkpool_fleet::{
    Login, ObservedReplica, Provisioner, SetKey, SetSpec,
    local::{Life, LocalBackend, LocalConfig, NodeProgram, stop_nodes},
};

const PATIENCE_TIME: Duration = Duration::from_secs(90);

fn key() -> SetKey {
    SetKey { node_id: "0123456789ab".into(), generation: 1 }
}

async fn backend(folder: &Path, life: Life, script: &str) -> LocalBackend {
    let program: PathBuf = folder.join("program.sh");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let config = LocalConfig::new(NodeProgram::new(program, Secret::new("postgres://"), 1), folder.join("fleet"));
    let backend = LocalBackend::new(LocalConfig { life, ..config }).unwrap();
    backend.open(&[]).await.unwrap();
    backend.ensure_set(&SetSpec { key: key(), replica_count: 1, release: None }, &Login::new("0123456789ab")).await.unwrap();
    backend
}

async fn until(what: &str, backend: &LocalBackend, holds: impl Fn(&ObservedReplica) -> bool) -> ObservedReplica {
    let deadline = Instant::now() + PATIENCE_TIME;
    loop {
        let replica = backend.observe().await.unwrap().remove(0).replicas.remove(0);
        if holds(&replica) {
            return replica;
        }
        assert!(Instant::now() < deadline, "{what} did not come: {replica:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_goes_on_writing_its_log_when_its_fleet_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let backend = backend(folder.path(), Life::OfItsOwn, "while :; do echo a line; sleep 0.02; done").await;
    until("a replica that lives", &backend, |replica| replica.state == ReplicaState::Waiting).await;
    backend.close().await;
    drop(backend);
    let log = folder.path().join("fleet/0123456789ab/g1-0.log");
    let length = || fs::metadata(&log).map_or(0, |log| log.len());
    let (before, deadline) = (length(), Instant::now() + PATIENCE_TIME);
    while length() <= before {
        assert!(Instant::now() < deadline, "the log does not grow");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(stop_nodes(&folder.path().join("fleet"), PATIENCE_TIME).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_a_replica_does_not_wait_for_the_time_that_the_outage_has_earned_it() {
    let folder = tempfile::tempdir().unwrap();
    let up = folder.path().join("up");
    let script = format!("[ -e {} ] || exit 7; exec sleep 60", up.display());
    let backend = backend(folder.path(), Life::WithParent, &script).await;
    // 1 s, 2 s, 4 s, and now it would wait 8 s.
    let waits = |replica: &ObservedReplica| replica.starts == 4 && replica.state == ReplicaState::BackingOff;
    let replica = until("the fourth failure", &backend, waits).await;
    assert!(replica.detail.as_ref().is_some_and(|detail| detail.contains("exit status: 7")), "{replica:?}");
    fs::write(&up, "").unwrap();
    let over = Instant::now();
    backend.outage_over();
    until("its next start", &backend, |replica| replica.starts == 5 && replica.state != ReplicaState::BackingOff).await;
    assert!(over.elapsed() < Duration::from_secs(6), "{:?}", over.elapsed());
    backend.close().await;
}
