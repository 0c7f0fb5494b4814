//! From a log to a row: what each event leaves behind, field by field. No arithmetic: the contract has done it.

mod node;
mod penalty;
mod reward;
mod setting;
mod stake;

use alloy::rpc::types::Log;
use linkpool_contracts::pool::{Event, Stream};
use linkpool_db::event::EventRow;

use crate::{Error, Result};

/// One log as a row of `event`.
pub fn row(log: &Log, block_time: u64) -> Result<EventRow> {
    let (block, index) = (log.block_number.unwrap_or_default(), log.log_index.unwrap_or_default());
    let event = linkpool_contracts::decode(&log.inner.data).map_err(|source| Error::Decode { block, index, source })?;
    let out_of_range = |what| Error::OutOfRange { block, index, what };
    let mut row = EventRow {
        block_number: i64::try_from(block).map_err(|_| out_of_range("the block number"))?,
        log_index: i32::try_from(index).map_err(|_| out_of_range("the log index"))?,
        block_hash: log.block_hash.unwrap_or_default(),
        block_time: i64::try_from(block_time).map_err(|_| out_of_range("the block time"))?,
        transaction_hash: log.transaction_hash.unwrap_or_default(),
        ..EventRow::default()
    };
    apply(&event, &mut row);
    Ok(row)
}

fn apply(event: &Event, row: &mut EventRow) {
    match event {
        Event::NodeRegistered(event) => node::registered(event, row),
        Event::NodeClosed(event) => node::closed(event, row),
        Event::NodeReopened(event) => node::reopened(event, row),
        Event::NodeRetired(event) => node::retired(event, row),
        Event::CapChanged(event) => node::cap_changed(event, row),
        Event::Staked(event) => stake::staked(event, row),
        Event::Unbonded(event) => stake::unbonded(event, row),
        Event::UnbondCancelled(event) => stake::cancelled(event, row),
        Event::Withdrawn(event) => stake::withdrawn(event, row),
        Event::Restaked(event) => stake::restaked(event, row),
        Event::RewardDeposited(event) => reward::deposited(event, row),
        Event::RewardClaimed(event) => reward::claimed(event, row),
        Event::RewardSwept(event) => reward::swept(event, row),
        Event::FeesPaid(event) => reward::fees_paid(event, row),
        Event::SinkPaid(event) => reward::sink_paid(event, row),
        Event::PenaltyRequested(event) => penalty::requested(event, row),
        Event::PenaltyVetoed(event) => penalty::vetoed(event, row),
        Event::PenaltyExecuted(event) => penalty::executed(event, row),
        Event::PoolCreated(event) => setting::created(event, row),
        Event::Paused(event) => setting::paused(event, row),
        Event::FeeChanged(event) => setting::fee(event, row),
        Event::FeeRecipientChanged(event) => setting::fee_recipient(event, row),
        Event::DefaultCapChanged(event) => setting::default_cap(event, row),
        Event::NetworkReported(event) => setting::reported(event, row),
        Event::CeilingChanged(event) => setting::ceiling(event, row),
        Event::ProoflessChanged(event) => setting::proofless(event, row),
        Event::RolesChanged(event) => setting::roles(event, row),
        Event::OwnershipTransferStarted(event) => setting::ownership_offered(event, row),
        Event::OwnershipTransferred(event) => setting::ownership_moved(event, row),
        Event::Rescued(event) => setting::rescued(event, row),
    }
}

/// 96- and 40-bit values of the contract, which always fit.
fn amount(value: alloy::primitives::Uint<96, 2>) -> Option<u128> {
    Some(value.to())
}

fn time(value: alloy::primitives::Uint<40, 1>) -> Option<i64> {
    Some(value.to())
}

fn stream(stream: &Stream, row: &mut EventRow) {
    row.after_node.acc_per_share = Some(stream.accPerShare);
    row.after_node.unvested = amount(stream.unvested);
    row.after_node.vest_end = time(stream.vestEnd);
    row.after_node.last_update = time(stream.lastUpdate);
}

#[cfg(test)]
mod tests {
    use linkpool_db::event::MOVED_BY_SHARES;

    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    enum Moves {
        Nothing,
        Juels,
        /// The event says how many shares of a node; what they were worth follows from the node.
        Shares,
        /// Of a token that may be any.
        OtherToken,
    }

    /// Without a wildcard: a new event of the contract does not compile until it is said here what it moves.
    fn moves(event: &Event) -> Moves {
        match event {
            Event::Staked(_)
            | Event::Withdrawn(_)
            | Event::Restaked(_)
            | Event::RewardDeposited(_)
            | Event::RewardClaimed(_)
            | Event::RewardSwept(_)
            | Event::FeesPaid(_)
            | Event::SinkPaid(_)
            | Event::PenaltyExecuted(_) => Moves::Juels,
            Event::Unbonded(_) | Event::UnbondCancelled(_) => Moves::Shares,
            Event::Rescued(_) => Moves::OtherToken,
            Event::NodeRegistered(_)
            | Event::NodeClosed(_)
            | Event::NodeReopened(_)
            | Event::NodeRetired(_)
            | Event::CapChanged(_)
            | Event::PenaltyRequested(_)
            | Event::PenaltyVetoed(_)
            | Event::PoolCreated(_)
            | Event::Paused(_)
            | Event::FeeChanged(_)
            | Event::FeeRecipientChanged(_)
            | Event::DefaultCapChanged(_)
            | Event::NetworkReported(_)
            | Event::CeilingChanged(_)
            | Event::ProoflessChanged(_)
            | Event::RolesChanged(_)
            | Event::OwnershipTransferStarted(_)
            | Event::OwnershipTransferred(_) => Moves::Nothing,
        }
    }

    macro_rules! every {
        ($($name:ident),+) => { [$(Event::$name(Default::default())),+] };
    }

    #[test]
    fn every_event_that_moves_an_amount_has_it_or_the_shares_it_follows_from() {
        let events = every![
            NodeRegistered,
            NodeClosed,
            NodeReopened,
            NodeRetired,
            CapChanged,
            Staked,
            Unbonded,
            UnbondCancelled,
            Withdrawn,
            Restaked,
            RewardDeposited,
            RewardClaimed,
            RewardSwept,
            FeesPaid,
            SinkPaid,
            PenaltyRequested,
            PenaltyVetoed,
            PenaltyExecuted,
            PoolCreated,
            Paused,
            FeeChanged,
            FeeRecipientChanged,
            DefaultCapChanged,
            NetworkReported,
            CeilingChanged,
            ProoflessChanged,
            RolesChanged,
            OwnershipTransferStarted,
            OwnershipTransferred,
            Rescued
        ];
        let mut kinds = Vec::new();
        for event in &events {
            let mut row = EventRow::default();
            apply(event, &mut row);
            let found = match (row.amount.is_some(), MOVED_BY_SHARES.contains(&row.kind)) {
                (true, _) => Moves::Juels,
                (false, true) if row.shares.is_some() && row.node.is_some() => Moves::Shares,
                (false, _) if row.kind == "Rescued" && row.detail.is_some() => Moves::OtherToken,
                _ => Moves::Nothing,
            };
            assert_eq!(found, moves(event), "{}", row.kind);
            kinds.push(row.kind);
        }
        kinds.sort_unstable();
        let mut names = Event::VARIANT_NAMES.to_vec();
        names.sort_unstable();
        assert_eq!(kinds, names, "each event of the contract, by its name there");
    }
}
