//! Doors: what is refused before one, and what becomes of a node that does not get on behind it.

use linkpool_db::fleet::{PairHealth, RolloutAction, RolloutState, RolloutStep};

use super::fixture::{NEW, Nodes};
use crate::program::{self, Kind};

#[tokio::test(flavor = "multi_thread")]
async fn without_anything_that_keeps_its_database_a_node_is_not_rolled_to_another_version() {
    let nodes = Nodes::set().await;
    let fleet = nodes.fleet_without_dumps().await;
    let id = nodes.fixture.request("nodes", 1).await.nodes.remove(0).id;
    nodes.whole(&id, 1).await;
    nodes.start("one", NEW).await;
    let node = nodes.until(&id, "its refusal", |node| node.step == RolloutStep::Aborted).await;
    assert!(node.error.is_some_and(|error| error.contains("fleet.pg_dump and fleet.dump_directory are not set")));
    assert!(nodes.state(RolloutState::Halted).await.why.is_some_and(|why| why.contains(&id)));
    nodes.whole(&id, 1).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_is_refused_before_anything_is_made() {
    let nodes = Nodes::set().await;
    program::chainlink(nodes.fixture.path(), "2.30.0", Kind::Lives);
    let (fleet, ids) = nodes.running(1).await;
    nodes.start("one", "2.30.0").await;
    let node = nodes.until(&ids[0], "its refusal", |node| node.step == RolloutStep::Aborted).await;
    assert!(node.error.is_some_and(|error| error.contains("was last run by Chainlink 2.31.0, and 2.30.0 is older")));
    nodes.whole(&ids[0], 1).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_behind_the_door_lets_the_node_go_on_to_its_end_and_no_other_begins() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(2).await;
    // The other one would come after a gate only, however late the abort comes.
    nodes.start_gated("one", NEW, 5).await;
    let canary = nodes.fixture.database.rollout_nodes(nodes.rollout().await.id).await.unwrap().remove(0).node_id;
    let has_switched =
        |step| !matches!(step, RolloutStep::Queued | RolloutStep::Snapshot | RolloutStep::Create | RolloutStep::Wait);
    nodes.until(&canary, "the switch", |node| has_switched(node.step)).await;
    nodes.control(RolloutAction::Abort).await;
    nodes.until(&canary, "its end", |node| node.step == RolloutStep::Done).await;
    nodes.whole(&canary, 2).await;
    let other = ids.iter().find(|id| **id != canary).unwrap();
    assert_eq!(nodes.rolling(other).await.step, RolloutStep::Dropped);
    nodes.whole(other, 1).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_fails_behind_its_door_halts_the_rest_and_is_mended_by_a_newer_one() {
    let nodes = Nodes::set().await;
    program::chainlink(nodes.fixture.path(), "2.31.5", Kind::EndsOnceItServes);
    let (fleet, ids) = nodes.running(1).await;
    let (id, wallets) = (&ids[0], nodes.wallets(&ids[0]));
    nodes.start("one", "2.31.5").await;
    nodes.until(id, "the look behind the switch", |node| node.step == RolloutStep::Check).await;
    nodes.run_out_of_time();
    let node = nodes.until(id, "its end", |node| node.step.is_over()).await;
    assert_eq!((node.step, node.is_door, nodes.fixture.node(id).await.generation), (RolloutStep::Failed, true, 2), "{node:?}");
    nodes.state(RolloutState::Halted).await;
    assert_eq!(nodes.processes(id, 1), Vec::<i32>::new(), "an older one waits beside it");
    nodes.start("two", NEW).await;
    nodes.until(id, "its end", |node| node.step == RolloutStep::Done).await;
    nodes.whole(id, 3).await;
    assert_eq!((nodes.wallets(id), nodes.fixture.node(id).await.health), (wallets, PairHealth::Healthy));
    fleet.stop().await;
}
