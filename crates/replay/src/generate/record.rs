//! Keeps what the contract's views would answer after each event.

use alloy::primitives::Address;
use linkpool_accounting::{Event, Pool};
use linkpool_contracts::pool;

use super::encode::{Abi, made};
use crate::history::History;

/// Everything that `event` changed, as `pool` has it after the whole transaction. What belongs to the pool itself is
/// [`record_pool`]'s.
pub(super) fn record(history: &mut History, block: u32, pool: &Pool, event: &Event) {
    let (node, staker, ticket) = keys(event);
    let Some(wallet) = node else { return };
    if let Some(node) = pool.node(wallet) {
        history.nodes.entry(wallet).or_default().set(block, stored_node(node));
        if matches!(event, Event::NodeRegistered { .. }) {
            history.list.push((block, pool::Entry { wallet, registeredAt: node.registered_at.abi() }));
        }
    }
    let Some(staker) = staker else { return };
    let Some(position) = pool.position(wallet, staker) else { return };
    let stored = pool::Position { shares: position.shares.abi(), debt: position.debt, tickets: position.tickets.len() as u32 };
    history.positions.entry((wallet, staker)).or_default().set(block, stored);
    let Some(number) = ticket else { return };
    if let Some(ticket) = position.tickets.get(number as usize) {
        let stored = made!(Ticket from ticket; shares, readyAt);
        history.tickets.entry((wallet, staker, number)).or_default().set(block, stored);
    }
}

pub(super) fn record_pool(history: &mut History, block: u32, pool: &Pool) {
    let totals = pool.totals();
    history.totals.set(block, made!(Pool from totals; accounted, feesOwed, pausedUntil, feeBps, sinkOwed, feeRecipient));
    let registry = pool.registry();
    let registry = made!(Registry from registry; liveNodes, defaultCapLink, reported, reportedAt, ceiling, prooflessAllowed;
        bucketLevel: registry.bucket.level, bucketAt: registry.bucket.since.abi());
    history.registry.set(block, registry);
    history.penalty_slots.set(block, *pool.penalty_slots());
}

fn stored_node(node: &linkpool_accounting::Node) -> pool::Node {
    let (stream, bucket) = (&node.stream, &node.bucket);
    made!(Node from node; totalShares, assets, retiredAt, activeShares, capLink, penaltyUntil, penaltyBps, penaltySlot;
        accPerShare: stream.acc_per_share, unvested: stream.unvested.abi(), vestEnd: stream.vest_end.abi(),
        lastUpdate: stream.last_update.abi(), status: node.status.code(), bucketLevel: bucket.level, bucketAt: bucket.since.abi())
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
