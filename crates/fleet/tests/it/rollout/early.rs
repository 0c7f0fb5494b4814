//! The old ones die while the new ones wait.

use std::time::Duration;

use linkpool_db::fleet::RolloutStep;
use rustix::process::{Pid, Signal, kill_process};

use super::fixture::{NEW, Nodes, times};

fn kill(pid: i32) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_one_that_takes_the_lease_of_old_ones_that_died_takes_the_node_with_it_and_no_old_one_is_left_waiting() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(1).await;
    let id = &ids[0];
    fleet.stop().await;
    // By itself it would switch after ten minutes.
    let fleet = nodes.fleet_with(linkpool_fleet::RolloutTimes { waiting: Duration::from_secs(600), ..times() }).await;
    nodes.start("one", NEW).await;
    nodes.until(id, "the wait", |node| node.step == RolloutStep::Wait).await;
    // As often as it takes: a successor of theirs may get the lease first.
    let deadline = std::time::Instant::now() + super::fixture::PATIENCE_TIME;
    while nodes.rolling(id).await.step == RolloutStep::Wait {
        assert!(std::time::Instant::now() < deadline, "no new one takes the lease");
        nodes.processes(id, 1).into_iter().for_each(kill);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    nodes.until(id, "its end", |node| node.step == RolloutStep::Done).await;
    nodes.whole(id, 2).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_one_that_dies_while_it_waits_is_replaced_with_its_version_and_the_wait_begins_again() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(1).await;
    let id = &ids[0];
    fleet.stop().await;
    // Longer than it may take from the sight of the wait to the kill.
    let waiting = Duration::from_secs(15);
    let fleet = nodes.fleet_with(linkpool_fleet::RolloutTimes { waiting, ..times() }).await;
    nodes.start("one", NEW).await;
    nodes.until(id, "the wait", |node| node.step == RolloutStep::Wait).await;
    let before = nodes.processes(id, 2);
    kill(before[0]);
    let died = std::time::Instant::now();
    nodes.until(id, "the switch", |node| !matches!(node.step, RolloutStep::Wait)).await;
    assert!(died.elapsed() >= waiting, "it was not waited for: {:?}", died.elapsed());
    nodes.until(id, "its end", |node| node.step == RolloutStep::Done).await;
    nodes.whole(id, 2).await;
    fleet.stop().await;
}
