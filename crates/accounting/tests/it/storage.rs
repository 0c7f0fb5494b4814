//! Every stored field of the contract against the model's.

use alloy::primitives::U256;
use linkpool_accounting::{Bucket, Node, Pool, Registry, Stream, Ticket, Totals};
use linkpool_contracts::pool;
use linkpool_primitives::{Address, NodeStatus};

use crate::{
    meaning::{juels, time},
    world::World,
};

/// Compares all of it, at the newest block, whose time is `now`.
pub async fn assert_same(world: &World, model: &Pool, now: u64) {
    assert_eq!(totals(world).await, *model.totals(), "totals");
    assert_eq!(registry(world).await, *model.registry(), "registry");
    let slots = world.view(world.pool, &pool::penaltySlotsCall {}).await;
    assert_eq!(slots.map(time), *model.penalty_slots(), "penalty slots");
    let headroom = world.view(world.pool, &pool::guardHeadroomCall {}).await;
    assert_eq!(headroom.to::<u128>(), model.guard_headroom(now), "headroom");
    let count = world.view(world.pool, &pool::nodeCountCall {}).await;
    assert_eq!(count.to::<usize>(), model.nodes().len(), "nodes");
    for (index, expected) in model.nodes().iter().enumerate() {
        assert_eq!(node(world, index).await, *expected, "node {index}");
        for staker in &world.accounts.stakers {
            assert_same_position(world, model, expected.wallet, *staker, now).await;
        }
    }
}

async fn assert_same_position(world: &World, model: &Pool, node: Address, staker: Address, now: u64) {
    let found = world.view(world.pool, &pool::positionOfCall { node, staker }).await;
    let expected = model.position(node, staker).cloned().unwrap_or_default();
    let stored = (juels(found.shares), found.debt, found.tickets as usize);
    assert_eq!(stored, (expected.shares, expected.debt, expected.tickets.len()), "position of {staker} on {node}");
    for (ticket, expected) in (0..).zip(&expected.tickets) {
        let found = world.view(world.pool, &pool::ticketOfCall { node, staker, ticket }).await;
        let found = Ticket { shares: juels(found.shares), ready_at: time(found.readyAt) };
        assert_eq!(found, *expected, "ticket {ticket} of {staker} on {node}");
    }
    let most = world.view(world.pool, &pool::maxStakeCall { node, staker }).await;
    assert_eq!(most.to::<u128>(), model.max_stake(node, staker, now), "what {staker} may stake on {node}");
}

async fn totals(world: &World) -> Totals {
    let found = world.view(world.pool, &pool::totalsCall {}).await;
    Totals {
        accounted: juels(found.accounted),
        fees_owed: juels(found.feesOwed),
        sink_owed: juels(found.sinkOwed),
        fee_bps: found.feeBps,
        fee_recipient: found.feeRecipient,
        paused_until: time(found.pausedUntil),
    }
}

async fn registry(world: &World) -> Registry {
    let found = world.view(world.pool, &pool::registryCall {}).await;
    Registry {
        live_nodes: found.liveNodes,
        bucket: Bucket { level: found.bucketLevel, since: time(found.bucketAt) },
        default_cap_link: found.defaultCapLink,
        reported: found.reported,
        reported_at: time(found.reportedAt),
        ceiling: found.ceiling,
        proofless_allowed: found.prooflessAllowed,
    }
}

async fn node(world: &World, index: usize) -> Node {
    let entry = world.view(world.pool, &pool::nodeAtCall { index: U256::from(index) }).await;
    let found = world.view(world.pool, &pool::nodeOfCall { node: entry.wallet }).await;
    Node {
        wallet: entry.wallet,
        registered_at: time(entry.registeredAt),
        total_shares: juels(found.totalShares),
        assets: juels(found.assets),
        active_shares: juels(found.activeShares),
        retired_at: time(found.retiredAt),
        stream: Stream {
            acc_per_share: found.accPerShare,
            unvested: juels(found.unvested),
            vest_end: time(found.vestEnd),
            last_update: time(found.lastUpdate),
        },
        cap_link: found.capLink,
        status: NodeStatus::try_from(found.status).unwrap(),
        penalty_until: time(found.penaltyUntil),
        penalty_bps: found.penaltyBps,
        penalty_slot: found.penaltySlot,
        bucket: Bucket { level: found.bucketLevel, since: time(found.bucketAt) },
    }
}
