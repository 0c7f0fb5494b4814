//! The model's values and events as the contract's.

use alloy::primitives::{
    Address, B256, U256,
    aliases::{U40, U96},
    keccak256,
};
use linkpool_accounting::{Event, Stream};
use linkpool_contracts::pool::{self, Event as Log};

use crate::terms;

/// A struct of the contract from the model's fields of the same names, and from what is said of others.
macro_rules! made {
    ($type:ident from $from:expr; $($field:ident),+ $(; $($other:ident: $value:expr),+)?) => { pastey::paste! {
        linkpool_contracts::pool::$type { $($field: $crate::generate::encode::Abi::abi($from.[<$field:snake>]),)+ $($($other: $value),+)? }
    } };
}
pub(super) use made;

/// A value of the model as the contract's ABI has it.
pub(super) trait Abi<T> {
    fn abi(self) -> T;
}

macro_rules! abi {
    ($($type:ty => $abi:ty: $value:ident, $made:expr;)+) => {
        $(impl Abi<$abi> for $type {
            fn abi(self) -> $abi {
                let $value = self;
                $made
            }
        })+
    };
}

abi! {
    // All LINK is below 2^90 juels.
    u128 => U96: value, U96::from(value);
    u128 => u128: value, value;
    i128 => i128: value, value;
    u64 => U40: value, U40::from(value);
    u64 => U256: value, U256::from(value);
    u32 => u32: value, value;
    u16 => u16: value, value;
    u8 => u8: value, value;
    bool => bool: value, value;
    Address => Address: value, value;
    Stream => pool::Stream: value, made!(Stream from value; accPerShare, unvested, vestEnd, lastUpdate);
}

/// Each event with the fields that are the model's by the same name; behind them what else the model has, and what is made of it.
macro_rules! encoded {
    ($event:expr; $($name:ident { $($field:ident),+ } $(with $($more:ident),* { $($other:ident: $value:expr),+ })?;)+) => { pastey::paste! {
        match $event {
            $(Event::$name { $([<$field:snake>],)+ $($($more),*)? } => Log::$name(pool::$name {
                $($field: [<$field:snake>].abi(),)+
                $($($other: $value),+)?
            }),)+
        }
    } };
}

/// An event as the contract's ABI has it.
pub(super) fn encode(event: &Event) -> Log {
    encoded! { *event;
        NodeRegistered { node, index, capLink, registeredAt, liveNodes, bucketLevel, bucketAt } with signed { proof: u8::from(signed) };
        NodeClosed { node, by };
        NodeReopened { node, by };
        NodeRetired { node, retiredAt, liveNodes };
        CapChanged { node, oldCapLink, capLink };
        Staked { node, staker, amount, shares, positionShares, positionDebt, totalShares, assets, activeShares, stream, accounted };
        Unbonded { node, staker, ticket, shares, readyAt, positionShares, positionDebt, activeShares, stream };
        UnbondCancelled { node, staker, ticket, shares, positionShares, positionDebt, activeShares, stream };
        Withdrawn { node, staker, ticket, shares, amount, totalShares, assets, accounted };
        Restaked { node, staker, ticket, target, shares, amount, totalShares, assets, accounted };
        RewardDeposited { node, from, amount, fee, stream, feesOwed, accounted };
        RewardClaimed { node, staker, amount, positionDebt, stream, accounted };
        RewardSwept { node, amount, stream, sinkOwed };
        FeesPaid { recipient, amount, feesOwed, accounted };
        SinkPaid { amount, sinkOwed, accounted } with { sink: terms::SINK };
        PenaltyRequested { node, by, bps, requestedAt, slot } with fault_at, penalty_until {
            evidence: evidence(fault_at), faultAt: fault_at.abi(), penaltyUntil: penalty_until.abi(), slotEndsAt: penalty_until.abi()
        };
        PenaltyVetoed { node, by, slot, slotEndsAt } with { penaltyUntil: U40::ZERO };
        PenaltyExecuted { node, bps, amount, assets, sinkOwed, slot, slotEndsAt, bucketLevel, bucketAt }
            with { penaltyUntil: U40::ZERO, penaltyBps: 0, penaltySlot: 0 };
        Paused { by, oldPausedUntil, pausedUntil };
        FeeChanged { oldFeeBps, feeBps };
        FeeRecipientChanged { oldFeeRecipient, feeRecipient };
        DefaultCapChanged { oldCapLink, capLink };
        NetworkReported { by, oldReported, reported, reportedAt };
        CeilingChanged { oldCeiling, ceiling };
        ProoflessChanged { oldAllowed, allowed };
    }
}

fn evidence(fault_at: u64) -> B256 {
    keccak256(fault_at.to_be_bytes())
}
