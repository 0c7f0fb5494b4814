//! The model's events as the contract's logs.

use alloy::primitives::{
    B256, U256,
    aliases::{U40, U96},
    keccak256,
};
use linkpool_accounting::{Event, Stream};
use linkpool_contracts::pool::{self, Event as Log};

use crate::terms;

/// An event as the contract's ABI has it.
pub(super) fn encode(event: &Event) -> Log {
    match *event {
        Event::NodeRegistered { node, index, signed, cap_link, registered_at, live_nodes, bucket_level, bucket_at } => {
            Log::NodeRegistered(pool::NodeRegistered {
                node,
                index: U256::from(index),
                proof: u8::from(signed),
                capLink: cap_link,
                registeredAt: time(registered_at),
                liveNodes: live_nodes,
                bucketLevel: bucket_level,
                bucketAt: time(bucket_at),
            })
        }
        Event::NodeClosed { node, by } => Log::NodeClosed(pool::NodeClosed { node, by }),
        Event::NodeReopened { node, by } => Log::NodeReopened(pool::NodeReopened { node, by }),
        Event::NodeRetired { node, retired_at, live_nodes } => {
            Log::NodeRetired(pool::NodeRetired { node, retiredAt: time(retired_at), liveNodes: live_nodes })
        }
        Event::CapChanged { node, old_cap_link, cap_link } => {
            Log::CapChanged(pool::CapChanged { node, oldCapLink: old_cap_link, capLink: cap_link })
        }
        Event::Staked { .. } | Event::Unbonded { .. } | Event::UnbondCancelled { .. } => entry(event),
        Event::Withdrawn { .. } | Event::Restaked { .. } => exit(event),
        Event::RewardDeposited { .. } | Event::RewardClaimed { .. } | Event::RewardSwept { .. } => reward(event),
        Event::FeesPaid { recipient, amount, fees_owed, accounted } => Log::FeesPaid(pool::FeesPaid {
            recipient,
            amount: juels(amount),
            feesOwed: juels(fees_owed),
            accounted: juels(accounted),
        }),
        Event::SinkPaid { amount, sink_owed, accounted } => Log::SinkPaid(pool::SinkPaid {
            sink: terms::SINK,
            amount: juels(amount),
            sinkOwed: juels(sink_owed),
            accounted: juels(accounted),
        }),
        Event::PenaltyRequested { .. } | Event::PenaltyVetoed { .. } | Event::PenaltyExecuted { .. } => penalty(event),
        _ => setting(event),
    }
}

fn entry(event: &Event) -> Log {
    match *event {
        Event::Staked {
            node,
            staker,
            amount,
            shares,
            position_shares,
            position_debt,
            total_shares,
            assets,
            active_shares,
            stream: after,
            accounted,
        } => Log::Staked(pool::Staked {
            node,
            staker,
            amount: juels(amount),
            shares: juels(shares),
            positionShares: juels(position_shares),
            positionDebt: position_debt,
            totalShares: juels(total_shares),
            assets: juels(assets),
            activeShares: juels(active_shares),
            stream: stream(&after),
            accounted: juels(accounted),
        }),
        Event::Unbonded {
            node,
            staker,
            ticket,
            shares,
            ready_at,
            position_shares,
            position_debt,
            active_shares,
            stream: after,
        } => Log::Unbonded(pool::Unbonded {
            node,
            staker,
            ticket,
            shares: juels(shares),
            readyAt: time(ready_at),
            positionShares: juels(position_shares),
            positionDebt: position_debt,
            activeShares: juels(active_shares),
            stream: stream(&after),
        }),
        Event::UnbondCancelled { node, staker, ticket, shares, position_shares, position_debt, active_shares, stream: after } => {
            Log::UnbondCancelled(pool::UnbondCancelled {
                node,
                staker,
                ticket,
                shares: juels(shares),
                positionShares: juels(position_shares),
                positionDebt: position_debt,
                activeShares: juels(active_shares),
                stream: stream(&after),
            })
        }
        _ => unreachable!("asked for the ways in and to the exit only"),
    }
}

fn exit(event: &Event) -> Log {
    match *event {
        Event::Withdrawn { node, staker, ticket, shares, amount, total_shares, assets, accounted } => {
            Log::Withdrawn(pool::Withdrawn {
                node,
                staker,
                ticket,
                shares: juels(shares),
                amount: juels(amount),
                totalShares: juels(total_shares),
                assets: juels(assets),
                accounted: juels(accounted),
            })
        }
        Event::Restaked { node, staker, ticket, target, shares, amount, total_shares, assets, accounted } => {
            Log::Restaked(pool::Restaked {
                node,
                staker,
                ticket,
                target,
                shares: juels(shares),
                amount: juels(amount),
                totalShares: juels(total_shares),
                assets: juels(assets),
                accounted: juels(accounted),
            })
        }
        _ => unreachable!("asked for the ways out only"),
    }
}

fn reward(event: &Event) -> Log {
    match *event {
        Event::RewardDeposited { node, from, amount, fee, stream: after, fees_owed, accounted } => {
            Log::RewardDeposited(pool::RewardDeposited {
                node,
                from,
                amount: juels(amount),
                fee: juels(fee),
                stream: stream(&after),
                feesOwed: juels(fees_owed),
                accounted: juels(accounted),
            })
        }
        Event::RewardClaimed { node, staker, amount, position_debt, stream: after, accounted } => {
            Log::RewardClaimed(pool::RewardClaimed {
                node,
                staker,
                amount: juels(amount),
                positionDebt: position_debt,
                stream: stream(&after),
                accounted: juels(accounted),
            })
        }
        Event::RewardSwept { node, amount, stream: after, sink_owed } => Log::RewardSwept(pool::RewardSwept {
            node,
            amount: juels(amount),
            stream: stream(&after),
            sinkOwed: juels(sink_owed),
        }),
        _ => unreachable!("asked for rewards only"),
    }
}

fn penalty(event: &Event) -> Log {
    match *event {
        Event::PenaltyRequested { node, by, bps, fault_at, requested_at, penalty_until, slot } => {
            Log::PenaltyRequested(pool::PenaltyRequested {
                node,
                by,
                bps,
                evidence: evidence(fault_at),
                faultAt: time(fault_at),
                requestedAt: time(requested_at),
                penaltyUntil: time(penalty_until),
                slot,
                slotEndsAt: time(penalty_until),
            })
        }
        Event::PenaltyVetoed { node, by, slot, slot_ends_at } => {
            Log::PenaltyVetoed(pool::PenaltyVetoed { node, by, penaltyUntil: U40::ZERO, slot, slotEndsAt: time(slot_ends_at) })
        }
        Event::PenaltyExecuted { node, bps, amount, assets, sink_owed, slot, slot_ends_at, bucket_level, bucket_at } => {
            Log::PenaltyExecuted(pool::PenaltyExecuted {
                node,
                bps,
                amount: juels(amount),
                assets: juels(assets),
                sinkOwed: juels(sink_owed),
                penaltyUntil: U40::ZERO,
                penaltyBps: 0,
                penaltySlot: 0,
                slot,
                slotEndsAt: time(slot_ends_at),
                bucketLevel: bucket_level,
                bucketAt: time(bucket_at),
            })
        }
        _ => unreachable!("asked for penalties only"),
    }
}

fn setting(event: &Event) -> Log {
    match *event {
        Event::Paused { by, old_paused_until, paused_until } => {
            Log::Paused(pool::Paused { by, oldPausedUntil: time(old_paused_until), pausedUntil: time(paused_until) })
        }
        Event::FeeChanged { old_fee_bps, fee_bps } => {
            Log::FeeChanged(pool::FeeChanged { oldFeeBps: old_fee_bps, feeBps: fee_bps })
        }
        Event::FeeRecipientChanged { old_fee_recipient, fee_recipient } => Log::FeeRecipientChanged(pool::FeeRecipientChanged {
            oldFeeRecipient: old_fee_recipient,
            feeRecipient: fee_recipient,
        }),
        Event::DefaultCapChanged { old_cap_link, cap_link } => {
            Log::DefaultCapChanged(pool::DefaultCapChanged { oldCapLink: old_cap_link, capLink: cap_link })
        }
        Event::NetworkReported { by, old_reported, reported, reported_at } => {
            Log::NetworkReported(pool::NetworkReported { by, oldReported: old_reported, reported, reportedAt: time(reported_at) })
        }
        Event::CeilingChanged { old_ceiling, ceiling } => {
            Log::CeilingChanged(pool::CeilingChanged { oldCeiling: old_ceiling, ceiling })
        }
        Event::ProoflessChanged { old_allowed, allowed } => {
            Log::ProoflessChanged(pool::ProoflessChanged { oldAllowed: old_allowed, allowed })
        }
        _ => unreachable!("every other event has a place above"),
    }
}

/// All LINK is below 2^90 juels.
pub(super) fn juels(amount: u128) -> U96 {
    U96::from(amount)
}

pub(super) fn time(seconds: u64) -> U40 {
    U40::from(seconds)
}

fn stream(stream: &Stream) -> pool::Stream {
    pool::Stream {
        accPerShare: stream.acc_per_share,
        unvested: juels(stream.unvested),
        vestEnd: time(stream.vest_end),
        lastUpdate: time(stream.last_update),
    }
}

fn evidence(fault_at: u64) -> B256 {
    keccak256(fault_at.to_be_bytes())
}
