//! From a call to a healthy pair.

use linkpool_db::fleet::{PairHealth, Phase, ReplicaState};

use crate::fixture::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_makes_pairs_of_which_one_serves_and_the_other_waits() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let operation = fixture.request("one", 2).await;
    for node in &operation.nodes {
        let node = fixture.phase(&node.id, Phase::Healthy).await;
        assert_eq!((node.health, node.last_error), (PairHealth::Healthy, None));
        let mut states: Vec<ReplicaState> =
            fixture.database.replicas_of(&node.id).await.unwrap().iter().map(|replica| replica.state).collect();
        states.sort_by_key(|state| state.as_str());
        assert_eq!(states, [ReplicaState::Serving, ReplicaState::Waiting]);
        assert_eq!(fixture.processes(&node.id).len(), 2);
    }
    fleet.stop().await;
    for node in &operation.nodes {
        assert_eq!(fixture.processes(&node.id), [], "a replica outlived its fleet");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_node_is_in_order_and_without_gaps() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let events = fixture.database.fleet_events(&[(id.clone(), 0)]).await.unwrap();
    let numbers: Vec<u32> = events.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=events.len() as u32).collect::<Vec<_>>());
    let phases: Vec<&str> =
        events.iter().map(|event| event.kind.as_str()).filter(|kind| !matches!(*kind, "health" | "access")).collect();
    assert_eq!(phases, ["requested", "provisioning", "booting", "healthy"]);
    fleet.stop().await;
}
