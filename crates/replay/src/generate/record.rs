//! Keeps what the contract's views would answer after each event.

use alloy::primitives::Address;
use linkpool_accounting::{Event, Pool};
use linkpool_contracts::pool;

use super::encode::{juels, time};
use crate::history::History;

/// Everything that `event` changed, as `pool` has it after the whole transaction. What belongs to the pool itself is
/// [`record_pool`]'s.
pub(super) fn record(history: &mut History, block: u32, pool: &Pool, event: &Event) {
    let (node, staker, ticket) = keys(event);
    let Some(wallet) = node else { return };
    if let Some(node) = pool.node(wallet) {
        history.set_node(block, wallet, stored_node(node));
        if matches!(event, Event::NodeRegistered { .. }) {
            history.add_entry(block, pool::Entry { wallet, registeredAt: time(node.registered_at) });
        }
    }
    let Some(staker) = staker else { return };
    let Some(position) = pool.position(wallet, staker) else { return };
    let stored = pool::Position { shares: juels(position.shares), debt: position.debt, tickets: position.tickets.len() as u32 };
    history.set_position(block, wallet, staker, stored);
    let Some(number) = ticket else { return };
    if let Some(ticket) = position.tickets.get(number as usize) {
        let stored = pool::Ticket { shares: juels(ticket.shares), readyAt: time(ticket.ready_at) };
        history.set_ticket(block, wallet, staker, number, stored);
    }
}

pub(super) fn record_pool(history: &mut History, block: u32, pool: &Pool) {
    let totals = pool.totals();
    history.set_totals(
        block,
        pool::Pool {
            accounted: juels(totals.accounted),
            feesOwed: juels(totals.fees_owed),
            pausedUntil: time(totals.paused_until),
            feeBps: totals.fee_bps,
            sinkOwed: juels(totals.sink_owed),
            feeRecipient: totals.fee_recipient,
        },
    );
    let registry = pool.registry();
    history.set_registry(
        block,
        pool::Registry {
            liveNodes: registry.live_nodes,
            bucketLevel: registry.bucket.level,
            bucketAt: time(registry.bucket.since),
            defaultCapLink: registry.default_cap_link,
            reported: registry.reported,
            reportedAt: time(registry.reported_at),
            ceiling: registry.ceiling,
            prooflessAllowed: registry.proofless_allowed,
        },
    );
    history.set_penalty_slots(block, *pool.penalty_slots());
}

fn stored_node(node: &linkpool_accounting::Node) -> pool::Node {
    pool::Node {
        totalShares: juels(node.total_shares),
        assets: juels(node.assets),
        retiredAt: time(node.retired_at),
        activeShares: juels(node.active_shares),
        accPerShare: node.stream.acc_per_share,
        unvested: juels(node.stream.unvested),
        vestEnd: time(node.stream.vest_end),
        lastUpdate: time(node.stream.last_update),
        capLink: node.cap_link,
        status: node.status.code(),
        penaltyUntil: time(node.penalty_until),
        penaltyBps: node.penalty_bps,
        penaltySlot: node.penalty_slot,
        bucketLevel: node.bucket.level,
        bucketAt: time(node.bucket.since),
    }
}

/// The node, staker and ticket that an event names.
fn keys(event: &Event) -> (Option<Address>, Option<Address>, Option<u32>) {
    match *event {
        Event::NodeRegistered { node, .. }
        | Event::NodeClosed { node, .. }
        | Event::NodeReopened { node, .. }
        | Event::NodeRetired { node, .. }
        | Event::CapChanged { node, .. }
        | Event::RewardDeposited { node, .. }
        | Event::RewardSwept { node, .. }
        | Event::PenaltyRequested { node, .. }
        | Event::PenaltyVetoed { node, .. }
        | Event::PenaltyExecuted { node, .. } => (Some(node), None, None),
        Event::Staked { node, staker, .. } | Event::RewardClaimed { node, staker, .. } => (Some(node), Some(staker), None),
        Event::Unbonded { node, staker, ticket, .. }
        | Event::UnbondCancelled { node, staker, ticket, .. }
        | Event::Withdrawn { node, staker, ticket, .. }
        | Event::Restaked { node, staker, ticket, .. } => (Some(node), Some(staker), Some(ticket)),
        _ => (None, None, None),
    }
}
