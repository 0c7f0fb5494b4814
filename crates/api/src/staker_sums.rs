//! What a staker has in all, from what is stored of it and what the nodes are worth.

use linkpool_accounting as accounting;
use linkpool_db::read::{NodeState, StakerRecord, StoredStaker};
use linkpool_primitives::Address;

use crate::{as_of::AsOf, present::Present, view::stream};

/// Each part is rounded down to the juel, as the contract pays it.
pub(crate) fn sums(staker: Address, stored: &StoredStaker, present: &Present, as_of: &AsOf) -> StakerRecord {
    let now = as_of.now();
    let state = |node: &Address| present.node(node).map(|node| &node.state);
    let worth = |shares, node: &NodeState| accounting::paid_down(shares, node.total_shares, node.assets);
    let mut record =
        StakerRecord { staker, nodes: 0, active: 0, matured: 0, unbonding: 0, ready: 0, rewards: 0, claimed: stored.claimed };
    for (node, shares, debt) in stored.positions.iter().filter_map(|(node, shares, debt)| Some((state(node)?, *shares, *debt))) {
        record.rewards += accounting::claimable(shares, debt, stream(node, now).acc_per_share);
        if shares > 0 {
            let active = worth(shares, node);
            record.nodes += 1;
            record.active += active;
            let has_left = node.retired_at != 0 && node.retired_at + present.unbonding_seconds <= now;
            record.matured += if has_left { active } else { 0 };
        }
    }
    for (node, shares, ready_at) in stored.tickets.iter().filter_map(|(node, shares, at)| Some((state(node)?, *shares, *at))) {
        let worth = worth(shares, node);
        record.unbonding += worth;
        record.ready += if ready_at <= now { worth } else { 0 };
    }
    record
}
