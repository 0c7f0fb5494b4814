//! Several nodes: one first, then a tenth, then the rest, and nodes that come in between.

use linkpool_db::fleet::{RolloutState, RolloutStep};

use super::fixture::{NEW, Nodes};

#[tokio::test(flavor = "multi_thread")]
async fn one_node_goes_first_and_one_that_is_made_meanwhile_comes_last() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(2).await;
    nodes.start("one", NEW).await;
    let first = nodes.fixture.database.rollout_nodes(nodes.rollout().await.id).await.unwrap().remove(0).node_id;
    let second = ids.iter().find(|id| **id != first).unwrap();
    nodes.until(&first, "its begin", |node| node.step != RolloutStep::Queued).await;
    let late = nodes.fixture.request("another", 1).await.nodes.remove(0).id;
    nodes.state(RolloutState::Done).await;
    for id in [&first, second, &late] {
        nodes.whole(id, 2).await;
    }
    assert_eq!(nodes.rolling(&late).await.wave, 3);
    let at = async |id: &str, step: RolloutStep| {
        let events = nodes.fixture.database.fleet_events(&[(id.to_owned(), 0)]).await.unwrap();
        let is_it = |event: &&linkpool_db::fleet::FleetEvent| event.kind == "rollout" && event.detail["step"] == step.as_str();
        events.iter().find(is_it).map(|event| event.happened_at).unwrap()
    };
    let (end_of_first, begin_of_second) = (at(&first, RolloutStep::Done).await, at(second, RolloutStep::Snapshot).await);
    assert!(begin_of_second >= end_of_first, "it did not wait for the first: {begin_of_second} {end_of_first}");
    fleet.stop().await;
}
