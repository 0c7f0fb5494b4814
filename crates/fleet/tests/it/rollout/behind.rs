//! The old ones die while no fleet looks, and nobody starts them again: of backends whose replicas nobody else keeps.

use std::time::Duration;

use linkpool_db::fleet::{RolloutAction, RolloutStep};
use linkpool_testkit::until;
use rustix::process::{Pid, Signal, kill_process};

use super::fixture::{NEW, Nodes, times};

fn kill(pid: i32) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_goes_on_behind_the_door_where_a_new_one_has_had_the_lease_and_died_before_anybody_saw_it() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(1).await;
    let (id, wallets) = (&ids[0], nodes.wallets(&ids[0]));
    fleet.stop().await;
    let times = linkpool_fleet::RolloutTimes { waiting: Duration::from_secs(600), ..times() };
    let fleet = nodes.fleet_with(times.clone()).await;
    nodes.start("one", NEW).await;
    nodes.until(id, "the wait", |node| node.step == RolloutStep::Wait).await;
    fleet.stop().await;
    // Nobody starts the old ones again, so a new one gets their lease, and the database knows its version.
    nodes.processes(id, 1).into_iter().for_each(kill);
    let last = || {
        nodes.fixture.sql_of(&format!("linkpool_node_{id}"), "select version from node_versions order by created_at desc limit 1")
    };
    until("the door", super::fixture::PATIENCE_TIME, async || last() == [NEW]).await;
    nodes.processes(id, 2).into_iter().for_each(kill);
    nodes.control(RolloutAction::Abort).await;
    let fleet = nodes.fleet_with(times).await;
    // The old ones would be refused by their database for ever.
    nodes.until(id, "its end", |node| node.step == RolloutStep::Done).await;
    nodes.whole(id, 2).await;
    assert_eq!(nodes.wallets(id), wallets);
    fleet.stop().await;
}
