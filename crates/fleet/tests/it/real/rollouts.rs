//! Three real nodes are rolled to a newer version, with an abort on each side of the door, at the times that an operator has. Then one is
//! brought back from behind its door by what was kept of it, with the real programs.

use std::time::Duration;

use linkpool_db::fleet::{RolloutNode, RolloutStep};
use linkpool_fleet::local::stop_nodes;
use linkpool_primitives::Address;

use super::rolled::{NODES, Rolled, given, statistic};
use crate::{
    backend,
    campaign::probe::{Gap, Probe},
};

/// Below the node's limit of 1,000 requests a minute, with the fleet's own.
const PROBE_INTERVAL: Duration = Duration::from_millis(100);
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

impl Rolled {
    /// The old ones have not noticed.
    async fn give_up_before_the_door(&self) {
        let first = self.ids[0].clone();
        let before = self.processes(&first).await;
        self.start("before the door").await;
        self.until("a node that waits", |nodes| nodes.iter().any(|node| node.step == RolloutStep::Wait)).await;
        self.abort().await;
        let over = self.until_over().await;
        assert!(over.iter().all(|node| matches!(node.step, RolloutStep::Aborted | RolloutStep::Dropped)), "{over:#?}");
        self.world.until(&first, "the old pair alone", |_, replicas| replicas.len() == 2).await;
        assert_eq!(self.processes(&first).await, before);
    }

    /// The one that has passed it goes on to its end, and no other begins.
    async fn give_up_behind_the_door(&self) {
        self.start("behind the door").await;
        let has_passed = |node: &RolloutNode| matches!(node.step, RolloutStep::Stop | RolloutStep::Check | RolloutStep::Bake);
        self.until("one behind its door", |nodes| nodes.iter().any(has_passed)).await;
        self.abort().await;
        let over = self.until_over().await;
        let steps: Vec<RolloutStep> = over.iter().map(|node| node.step).collect();
        assert_eq!(steps, [RolloutStep::Done, RolloutStep::Dropped, RolloutStep::Dropped], "{over:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs two versions of the node's program: cargo xtask prove chainlink"]
async fn real_nodes_are_rolled_and_given_up_on_each_side_of_the_door_and_one_is_brought_back_from_behind_it() {
    let older = given("LINKPOOL_CHAINLINK");
    let mut rolled = Rolled::set().await;
    let fleet = rolled.world.keeping_fleet(&older, rolled.dump.clone()).await;
    rolled.make().await;
    let (wallets, old): (Vec<Address>, String) =
        (rolled.ids.iter().map(|id| rolled.wallet(id)).collect(), rolled.version(&rolled.ids[0]));
    rolled.give_up_before_the_door().await;
    assert!(rolled.ids.iter().all(|id| rolled.version(id) == old), "a newer one has had a database");
    let probe = Probe::start(backend::answering(&rolled.world.fixture), &rolled.ids, PROBE_INTERVAL);
    rolled.give_up_behind_the_door().await;
    rolled.start("all").await;
    let over = rolled.until_over().await;
    assert!(over.iter().all(|node| node.step == RolloutStep::Done), "{over:#?}");
    let mut gaps: Vec<u128> = probe.gaps().iter().map(|gap: &Gap| (gap.end - gap.begin).as_millis()).collect();
    gaps.sort_unstable();
    statistic("rollout_gap_ms", gaps.iter().map(u128::to_string).collect::<Vec<_>>().join(","));
    let mut taken = Vec::new();
    for node in &over {
        taken.push(format!("{:.1}", rolled.taken(node).await));
    }
    statistic("rollout_s", taken.join(","));
    for (id, wallet) in rolled.ids.iter().zip(&wallets) {
        rolled.world.healthy(id).await;
        assert_eq!((rolled.wallet(id), rolled.version(id) == old, rolled.processes(id).await.len()), (*wallet, false, 2));
    }
    let last = over.last().unwrap();
    let index = rolled.ids.iter().position(|id| *id == last.node_id).unwrap();
    rolled.bring_back(last, (&older, wallets[index])).await;
    assert_eq!(rolled.version(&last.node_id), old);
    fleet.stop().await;
    let ended = stop_nodes(&rolled.world.fixture.path().join("fleet"), STOP_TIMEOUT).await.unwrap();
    assert_eq!(ended, 2 * usize::from(NODES), "a process was left over");
}
