//! The fleet is killed as soon as each step is stored, before it can have done anything of it.

use std::collections::BTreeSet;

use linkpool_db::fleet::{PairHealth, RolloutState, RolloutStep};

use super::fixture::{NEW, Nodes, PATIENCE_TIME};

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_is_killed_in_every_step_loses_no_wallet_and_leaves_no_generation_over() {
    let nodes = Nodes::set().await;
    let (fleet, ids) = nodes.running(1).await;
    let (id, wallets) = (&ids[0], nodes.wallets(&ids[0]));
    fleet.stop().await;
    nodes.slow_down_dumps();
    nodes.start_with_bake("one", NEW, 5).await;
    let mut fleet = nodes.fleet_process();
    let (mut seen, deadline) = (BTreeSet::new(), std::time::Instant::now() + PATIENCE_TIME);
    loop {
        let step = nodes.rolling(id).await.step;
        if step.is_over() {
            break;
        }
        if step != RolloutStep::Queued && seen.insert(step.as_str()) {
            fleet.kill().unwrap();
            fleet.wait().unwrap();
            fleet = nodes.fleet_process();
        }
        assert!(std::time::Instant::now() < deadline, "it does not end: killed in {seen:?}, {:#?}", nodes.rolling(id).await);
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(nodes.rolling(id).await.step, RolloutStep::Done);
    // Those that last for seconds; the others may pass between two looks.
    for step in ["snapshot", "wait", "check", "bake"] {
        assert!(seen.contains(step), "it was never killed in {step}: {seen:?}");
    }
    nodes.state(RolloutState::Done).await;
    nodes.whole(id, 2).await;
    assert_eq!(nodes.wallets(id), wallets);
    nodes.fixture.until(id, "its health", |node, _| node.health == PairHealth::Healthy).await;
    fleet.kill().unwrap();
    fleet.wait().unwrap();
}
