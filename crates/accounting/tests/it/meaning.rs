//! The contract's events and errors in the model's words.

use alloy::{
    primitives::{
        U256,
        aliases::{U40, U96},
    },
    sol_types::SolInterface,
};
use linkpool_accounting::{Event, Refusal, Stream};
use linkpool_contracts::pool::{self, StakingPoolErrors as Error};

/// The model's event; nothing for those about keys, and for the terms.
#[rustfmt::skip]
pub fn event(event: pool::Event) -> Option<Event> {
    use pool::Event as Log;
    Some(match event {
        Log::NodeRegistered(e) => Event::NodeRegistered { node: e.node, index: e.index.to(), signed: e.proof == 1, cap_link: e.capLink, registered_at: time(e.registeredAt), live_nodes: e.liveNodes, bucket_level: e.bucketLevel, bucket_at: time(e.bucketAt) },
        Log::NodeClosed(e) => Event::NodeClosed { node: e.node, by: e.by },
        Log::NodeReopened(e) => Event::NodeReopened { node: e.node, by: e.by },
        Log::NodeRetired(e) => Event::NodeRetired { node: e.node, retired_at: time(e.retiredAt), live_nodes: e.liveNodes },
        Log::CapChanged(e) => Event::CapChanged { node: e.node, old_cap_link: e.oldCapLink, cap_link: e.capLink },
        Log::Staked(e) => Event::Staked { node: e.node, staker: e.staker, amount: juels(e.amount), shares: juels(e.shares), position_shares: juels(e.positionShares), position_debt: e.positionDebt, total_shares: juels(e.totalShares), assets: juels(e.assets), active_shares: juels(e.activeShares), stream: stream(&e.stream), accounted: juels(e.accounted) },
        Log::Unbonded(e) => Event::Unbonded { node: e.node, staker: e.staker, ticket: e.ticket, shares: juels(e.shares), ready_at: time(e.readyAt), position_shares: juels(e.positionShares), position_debt: e.positionDebt, active_shares: juels(e.activeShares), stream: stream(&e.stream) },
        Log::UnbondCancelled(e) => Event::UnbondCancelled { node: e.node, staker: e.staker, ticket: e.ticket, shares: juels(e.shares), position_shares: juels(e.positionShares), position_debt: e.positionDebt, active_shares: juels(e.activeShares), stream: stream(&e.stream) },
        Log::Withdrawn(e) => Event::Withdrawn { node: e.node, staker: e.staker, ticket: e.ticket, shares: juels(e.shares), amount: juels(e.amount), total_shares: juels(e.totalShares), assets: juels(e.assets), accounted: juels(e.accounted) },
        Log::Restaked(e) => Event::Restaked { node: e.node, staker: e.staker, ticket: e.ticket, target: e.target, shares: juels(e.shares), amount: juels(e.amount), total_shares: juels(e.totalShares), assets: juels(e.assets), accounted: juels(e.accounted) },
        Log::RewardDeposited(e) => Event::RewardDeposited { node: e.node, from: e.from, amount: juels(e.amount), fee: juels(e.fee), stream: stream(&e.stream), fees_owed: juels(e.feesOwed), accounted: juels(e.accounted) },
        Log::RewardClaimed(e) => Event::RewardClaimed { node: e.node, staker: e.staker, amount: juels(e.amount), position_debt: e.positionDebt, stream: stream(&e.stream), accounted: juels(e.accounted) },
        Log::RewardSwept(e) => Event::RewardSwept { node: e.node, amount: juels(e.amount), stream: stream(&e.stream), sink_owed: juels(e.sinkOwed) },
        Log::FeesPaid(e) => Event::FeesPaid { recipient: e.recipient, amount: juels(e.amount), fees_owed: juels(e.feesOwed), accounted: juels(e.accounted) },
        Log::SinkPaid(e) => Event::SinkPaid { amount: juels(e.amount), sink_owed: juels(e.sinkOwed), accounted: juels(e.accounted) },
        Log::PenaltyRequested(e) => {
            assert_eq!(e.slotEndsAt, e.penaltyUntil, "a slot is taken for as long as the node is closed");
            Event::PenaltyRequested { node: e.node, by: e.by, bps: e.bps, fault_at: time(e.faultAt), requested_at: time(e.requestedAt), penalty_until: time(e.penaltyUntil), slot: e.slot }
        }
        Log::PenaltyVetoed(e) => {
            assert_eq!(e.penaltyUntil, U40::ZERO, "a veto opens the node");
            Event::PenaltyVetoed { node: e.node, by: e.by, slot: e.slot, slot_ends_at: time(e.slotEndsAt) }
        }
        Log::PenaltyExecuted(e) => {
            assert_eq!((e.penaltyUntil, e.penaltyBps, e.penaltySlot), (U40::ZERO, 0, 0), "an execution leaves nothing of the request");
            Event::PenaltyExecuted { node: e.node, bps: e.bps, amount: juels(e.amount), assets: juels(e.assets), sink_owed: juels(e.sinkOwed), slot: e.slot, slot_ends_at: time(e.slotEndsAt), bucket_level: e.bucketLevel, bucket_at: time(e.bucketAt) }
        }
        Log::Paused(e) => Event::Paused { by: e.by, old_paused_until: time(e.oldPausedUntil), paused_until: time(e.pausedUntil) },
        Log::FeeChanged(e) => Event::FeeChanged { old_fee_bps: e.oldFeeBps, fee_bps: e.feeBps },
        Log::FeeRecipientChanged(e) => Event::FeeRecipientChanged { old_fee_recipient: e.oldFeeRecipient, fee_recipient: e.feeRecipient },
        Log::DefaultCapChanged(e) => Event::DefaultCapChanged { old_cap_link: e.oldCapLink, cap_link: e.capLink },
        Log::NetworkReported(e) => Event::NetworkReported { by: e.by, old_reported: e.oldReported, reported: e.reported, reported_at: time(e.reportedAt) },
        Log::CeilingChanged(e) => Event::CeilingChanged { old_ceiling: e.oldCeiling, ceiling: e.ceiling },
        Log::ProoflessChanged(e) => Event::ProoflessChanged { old_allowed: e.oldAllowed, allowed: e.allowed },
        Log::PoolCreated(_) | Log::RolesChanged(_) | Log::OwnershipTransferStarted(_) | Log::OwnershipTransferred(_) | Log::Rescued(_) => return None,
    })
}

/// The model's refusal, with the figures that the contract gave.
#[rustfmt::skip]
pub fn refusal(data: &[u8]) -> Refusal {
    match Error::abi_decode(data).unwrap_or_else(|error| panic!("revert data that is no error of the pool: {error}")) {
        Error::ZeroAmount(_) => Refusal::ZeroAmount,
        Error::UnknownNode(e) => Refusal::UnknownNode { node: e.node },
        Error::AlreadyRegistered(e) => Refusal::AlreadyRegistered { wallet: e.wallet },
        Error::NodeNotOpen(e) => Refusal::NodeNotOpen { node: e.node },
        Error::NodeNotClosed(e) => Refusal::NodeNotClosed { node: e.node },
        Error::NodeHasRetired(e) => Refusal::NodeHasRetired { node: e.node },
        Error::NodeNotRetired(e) => Refusal::NodeNotRetired { node: e.node },
        Error::PenaltyPending(e) => Refusal::PenaltyPending { node: e.node, penalty_until: number(e.penaltyUntil) },
        Error::CapExceeded(e) => Refusal::CapExceeded { node: e.node, requested: amount(e.requested), room: amount(e.room) },
        Error::PositionTooSmall(e) => Refusal::PositionTooSmall { shares: amount(e.shares), minimum: amount(e.minimum) },
        Error::NotEnoughShares(e) => Refusal::NotEnoughShares { requested: amount(e.requested), available: amount(e.available) },
        Error::UnknownTicket(e) => Refusal::UnknownTicket { node: e.node, staker: e.staker, ticket: e.ticket.to() },
        Error::NotReady(e) => Refusal::NotReady { ready_at: number(e.readyAt) },
        Error::InflowsPaused(e) => Refusal::InflowsPaused { paused_until: number(e.pausedUntil) },
        Error::NothingToPay(_) => Refusal::NothingToPay,
        Error::OutOfBounds(e) => Refusal::OutOfBounds { value: number(e.value), minimum: number(e.minimum), maximum: number(e.maximum) },
        Error::ProofRequired(_) => Refusal::ProofRequired,
        Error::RegistrationLimit(e) => Refusal::RegistrationLimit { next_at: number(e.nextAt) },
        Error::ShareExceeded(e) => Refusal::ShareExceeded { nodes: e.nodes.to(), network: e.network.to() },
        Error::ReportTooOld(e) => Refusal::ReportTooOld { reported_at: number(e.reportedAt) },
        Error::FaultOutOfRange(e) => Refusal::FaultOutOfRange { fault_at: number(e.faultAt) },
        Error::NoPenaltySlot(e) => Refusal::NoPenaltySlot { free_at: number(e.freeAt) },
        Error::PenaltyLimit(e) => Refusal::PenaltyLimit { node: e.node, requested: e.requested.to(), room: e.room.to() },
        Error::NoPenaltyPending(e) => Refusal::NoPenaltyPending { node: e.node },
        Error::PenaltyNotReady(e) => Refusal::PenaltyNotReady { executable_at: number(e.executableAt) },
        other => panic!("a refusal that has nothing to do with numbers: {other:?}"),
    }
}

/// What a recipient is to be paid for an event.
pub fn payment(event: &Event, sink: linkpool_primitives::Address) -> Option<(linkpool_primitives::Address, u128)> {
    match *event {
        Event::Withdrawn { staker, amount, .. } | Event::RewardClaimed { staker, amount, .. } => Some((staker, amount)),
        Event::FeesPaid { recipient, amount, .. } => Some((recipient, amount)),
        Event::SinkPaid { amount, .. } => Some((sink, amount)),
        _ => None,
    }
}

pub fn juels(amount: U96) -> u128 {
    amount.to()
}

pub fn time(seconds: U40) -> u64 {
    seconds.to()
}

fn amount(value: U256) -> u128 {
    value.to()
}

fn number(value: U256) -> u64 {
    value.to()
}

fn stream(stream: &pool::Stream) -> Stream {
    Stream {
        acc_per_share: stream.accPerShare,
        unvested: juels(stream.unvested),
        vest_end: time(stream.vestEnd),
        last_update: time(stream.lastUpdate),
    }
}
