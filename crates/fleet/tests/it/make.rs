//! From a call to a healthy pair.

use linkpool_db::fleet::{Health, Phase, ReplicaState};

use crate::fixture::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_makes_pairs_of_which_one_serves_and_the_other_waits() {
    let scene = Scene::set().await;
    let fleet = scene.fleet().await;
    let operation = scene.request("one", 2).await;
    for node in &operation.nodes {
        let node = scene.phase(&node.id, Phase::Healthy).await;
        assert_eq!((node.health, node.last_error), (Health::Healthy, None));
        let mut states: Vec<ReplicaState> =
            scene.database.replicas_of(&node.id).await.unwrap().iter().map(|replica| replica.state).collect();
        states.sort_by_key(|state| state.as_str());
        assert_eq!(states, [ReplicaState::Serving, ReplicaState::Waiting]);
        assert_eq!(scene.processes(&node.id).len(), 2);
    }
    fleet.stop().await;
    for node in &operation.nodes {
        assert_eq!(scene.processes(&node.id), [], "a replica outlived its fleet");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_node_is_in_order_and_without_gaps() {
    let scene = Scene::set().await;
    let fleet = scene.fleet().await;
    let id = scene.request("one", 1).await.nodes.remove(0).id;
    scene.phase(&id, Phase::Healthy).await;
    let events = scene.database.fleet_events(&[(id.clone(), 0)]).await.unwrap();
    let numbers: Vec<u32> = events.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=events.len() as u32).collect::<Vec<_>>());
    let phases: Vec<&str> = events.iter().map(|event| event.kind.as_str()).filter(|kind| *kind != "health").collect();
    assert_eq!(phases, ["requested", "provisioning", "booting", "healthy"]);
    fleet.stop().await;
}
