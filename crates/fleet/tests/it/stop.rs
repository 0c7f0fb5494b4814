//! Ending a set: whoever asks knows when it is done.

use linkpool_db::fleet::ReplicaState;
use linkpool_fleet::{Login, Provisioner, SetKey, SetSpec, local::LocalBackend};
use linkpool_testkit::{until, until_some};
use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{Fixture, PATIENCE_TIME};

#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_is_stopped_is_seen_until_none_of_its_processes_lives_and_may_be_made_again() {
    let fixture = Fixture::set().await;
    let backend = LocalBackend::new(fixture.persistent()).unwrap();
    backend.open(&[]).await.unwrap();
    // No other test of this program has it: processes are found by it.
    let key = SetKey { node_id: "ba9876543210".into(), generation: 1 };
    let spec = SetSpec { key: key.clone(), replica_count: 2, release: None };
    let processes = || fixture.processes(&key.node_id);
    let seen = async || backend.observe().await.unwrap().iter().map(|set| set.replicas.len()).collect::<Vec<_>>();
    backend.ensure_set(&spec, &Login::new(&key.node_id)).await.unwrap();
    let serving = until_some("one that serves", PATIENCE_TIME, async || {
        let mut sets = backend.observe().await.unwrap();
        sets.remove(0).replicas.into_iter().find(|it| it.state == ReplicaState::Serving).map(|it| it.id)
    })
    .await;
    // One that hangs ends when its time is over and not before.
    let (_, pid) = processes().into_iter().find(|(id, _)| *id == serving).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::STOP).unwrap();
    assert!(!backend.delete_set(&key).await.unwrap(), "it is gone while a process of it lives");
    assert!(matches!(seen().await.as_slice(), [1 | 2]), "nobody sees the process that lives");
    until("their end", PATIENCE_TIME, async || seen().await == [0]).await;
    assert!(processes().iter().all(|(_, living)| *living != pid), "it lives");
    backend.ensure_set(&spec, &Login::new(&key.node_id)).await.unwrap();
    until("both processes again", PATIENCE_TIME, async || processes().len() == 2).await;
    until("the end of the set", PATIENCE_TIME, async || backend.delete_set(&key).await.unwrap()).await;
    assert_eq!(seen().await, Vec::<usize>::new());
    // What a script of the test's has started for itself ends a moment after it.
    until("their end again", PATIENCE_TIME, async || processes().is_empty()).await;
}
