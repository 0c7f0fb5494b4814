//! Ways back: before the door, and where there is none.

use linkpool_db::fleet::{NewRelease, RolloutAction, RolloutState, RolloutStep};

use super::fixture::{NEW, Nodes, times};
use crate::{
    backend::SECOND_GENERATION,
    program::{self, Kind},
};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_before_the_door_leaves_the_node_as_it_was_without_a_break() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(1).await;
    let (id, serving) = (&ids[0], nodes.fixture.serving(&ids[0]).await);
    fleet.stop().await;
    // They would wait for ten minutes.
    let fleet = nodes.fleet_with(linkpool_fleet::RolloutTimes { waiting: Duration::from_secs(600), ..times() }).await;
    nodes.start("one", NEW).await;
    nodes.until(id, "the wait", |node| node.step == RolloutStep::Wait).await;
    assert_eq!((nodes.processes(id, 1).len(), nodes.processes(id, 2).len()), (2, 2));
    nodes.control(RolloutAction::Abort).await;
    nodes.until(id, "its end", |node| node.step == RolloutStep::Aborted).await;
    nodes.whole(id, 1).await;
    assert_eq!(nodes.fixture.serving(id).await, serving, "the one that served was disturbed");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_paused_a_node_waits_before_its_switch_and_an_abort_works_there() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(1).await;
    let id = &ids[0];
    fleet.stop().await;
    // However late the pause comes, they would wait for ten minutes.
    let fleet = nodes.fleet_with(linkpool_fleet::RolloutTimes { waiting: Duration::from_secs(600), ..times() }).await;
    nodes.start("one", NEW).await;
    nodes.control(RolloutAction::Pause).await;
    assert_eq!(nodes.rollout().await.state, RolloutState::Paused);
    // It began before it was paused, or not at all.
    nodes.control(RolloutAction::Promote).await;
    nodes.until(id, "the new ones", |node| node.step.has_both()).await;
    nodes.control(RolloutAction::Pause).await;
    nodes.until(id, "the wait", |node| node.step == RolloutStep::Wait).await;
    nodes.control(RolloutAction::Abort).await;
    nodes.until(id, "its end", |node| node.step == RolloutStep::Aborted).await;
    nodes.whole(id, 1).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_whose_replicas_never_come_to_wait_is_given_up_and_the_rest_is_halted() {
    let nodes = Nodes::set().await;
    program::chainlink(nodes.fixture.path(), NEW, Kind::NeverConnects);
    let (fleet, ids) = nodes.running(1).await;
    let (id, serving) = (&ids[0], nodes.fixture.serving(&ids[0]).await);
    nodes.start("one", NEW).await;
    nodes.fixture.until(id, "the new ones", |_, replicas| replicas.iter().filter(|it| it.generation == 2).count() == 2).await;
    nodes.run_out_of_time();
    let node = nodes.until(id, "its end", |node| node.step == RolloutStep::Aborted).await;
    assert!(
        node.error
            .as_ref()
            .is_some_and(|error| { error.contains(&format!("did not come to wait for the lease in time: {SECOND_GENERATION}")) }),
        "{node:?}"
    );
    nodes.state(RolloutState::Halted).await;
    nodes.whole(id, 1).await;
    assert_eq!(nodes.fixture.serving(id).await, serving, "the one that served was disturbed");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_version_is_the_same_an_abort_after_the_switch_goes_back_to_the_generation_before() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(1).await;
    let (id, wallets) = (&ids[0], nodes.wallets(&ids[0]));
    let release = NewRelease { program: None, version: None, config: Some("[Log]\nLevel = 'debug'\n") };
    // It would be watched for ten minutes.
    nodes.start_with("one", release, 600).await;
    nodes.until(id, "the bake", |node| node.step == RolloutStep::Bake).await;
    nodes.control(RolloutAction::Abort).await;
    nodes.until(id, "its end", |node| node.step == RolloutStep::Aborted).await;
    nodes.whole(id, 1).await;
    assert_eq!((nodes.wallets(id), nodes.fixture.node(id).await.release_number), (wallets, None));
    // A number that was used is never used again.
    nodes.start("two", NEW).await;
    nodes.until(id, "its end", |node| node.step == RolloutStep::Done).await;
    nodes.whole(id, 3).await;
    fleet.stop().await;
}
