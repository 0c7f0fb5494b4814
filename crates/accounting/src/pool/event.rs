//! What an action leaves behind: the contract's events, field by field, less those about keys.

use linkpool_primitives::Address;

use crate::Stream;

/// An event of the contract. What it says of a field is the value afterwards; `old_...` is the value before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[rustfmt::skip]
pub enum Event {
    NodeRegistered { node: Address, index: u64, signed: bool, cap_link: u32, registered_at: u64, live_nodes: u32, bucket_level: u32, bucket_at: u64 },
    NodeClosed { node: Address, by: Address },
    NodeReopened { node: Address, by: Address },
    NodeRetired { node: Address, retired_at: u64, live_nodes: u32 },
    CapChanged { node: Address, old_cap_link: u32, cap_link: u32 },
    Staked { node: Address, staker: Address, amount: u128, shares: u128, position_shares: u128, position_debt: i128, total_shares: u128, assets: u128, active_shares: u128, stream: Stream, accounted: u128 },
    Unbonded { node: Address, staker: Address, ticket: u32, shares: u128, ready_at: u64, position_shares: u128, position_debt: i128, active_shares: u128, stream: Stream },
    UnbondCancelled { node: Address, staker: Address, ticket: u32, shares: u128, position_shares: u128, position_debt: i128, active_shares: u128, stream: Stream },
    Withdrawn { node: Address, staker: Address, ticket: u32, shares: u128, amount: u128, total_shares: u128, assets: u128, accounted: u128 },
    Restaked { node: Address, staker: Address, ticket: u32, target: Address, shares: u128, amount: u128, total_shares: u128, assets: u128, accounted: u128 },
    RewardDeposited { node: Address, from: Address, amount: u128, fee: u128, stream: Stream, fees_owed: u128, accounted: u128 },
    RewardClaimed { node: Address, staker: Address, amount: u128, position_debt: i128, stream: Stream, accounted: u128 },
    RewardSwept { node: Address, amount: u128, stream: Stream, sink_owed: u128 },
    FeesPaid { recipient: Address, amount: u128, fees_owed: u128, accounted: u128 },
    /// The contract's event names the sink too, which never changes.
    SinkPaid { amount: u128, sink_owed: u128, accounted: u128 },
    /// The contract's event repeats `penalty_until` as the end of the slot.
    PenaltyRequested { node: Address, by: Address, bps: u16, fault_at: u64, requested_at: u64, penalty_until: u64, slot: u8 },
    PenaltyVetoed { node: Address, by: Address, slot: u8, slot_ends_at: u64 },
    /// The contract's event says too that the node's request is over: its end, basis points and slot are 0.
    PenaltyExecuted { node: Address, bps: u16, amount: u128, assets: u128, sink_owed: u128, slot: u8, slot_ends_at: u64, bucket_level: u32, bucket_at: u64 },
    Paused { by: Address, old_paused_until: u64, paused_until: u64 },
    FeeChanged { old_fee_bps: u16, fee_bps: u16 },
    FeeRecipientChanged { old_fee_recipient: Address, fee_recipient: Address },
    DefaultCapChanged { old_cap_link: u32, cap_link: u32 },
    NetworkReported { by: Address, old_reported: u32, reported: u32, reported_at: u64 },
    CeilingChanged { old_ceiling: u32, ceiling: u32 },
    ProoflessChanged { old_allowed: bool, allowed: bool },
}
