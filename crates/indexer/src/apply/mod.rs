//! From a log to a row.
#![deny(clippy::wildcard_enum_match_arm)]

mod contract;
mod events;
mod operator;
mod read;

use linkpool_chain::{Log, LogPosition};
use linkpool_db::event::EventRow;
use linkpool_primitives::{B256, EventKind};

pub use self::contract::{contract_event, ready_at};
use self::events::apply;
use crate::{Error, Result};

pub fn row(log: &Log, block_time: u64) -> Result<EventRow> {
    let LogPosition { number: block, hash, index } =
        log.position().unwrap_or(LogPosition { number: 0, hash: B256::ZERO, index: 0 });
    let event =
        linkpool_contracts::decode_parts(&log.topics, &log.data).map_err(|source| Error::Decode { block, index, source })?;
    let out_of_range = |what| Error::OutOfRange { block, index, what };
    let mut row = EventRow {
        block_number: i64::try_from(block).map_err(|_| out_of_range("the block number"))?,
        log_index: i32::try_from(index).map_err(|_| out_of_range("the log index"))?,
        block_hash: hash,
        block_time: i64::try_from(block_time).map_err(|_| out_of_range("the block time"))?,
        transaction_hash: log.transaction_hash(),
        ..EventRow::new(EventKind::from(&event))
    };
    apply(&event, &mut row);
    Ok(row)
}

#[cfg(test)]
mod tests {
    use alloy::{primitives::B256, sol_types::SolEventInterface};
    use linkpool_contracts::pool::Event;
    use linkpool_primitives::Unit;

    use super::*;

    /// Every event of the contract, all zeros: the ABI knows them, so no list here can forget one.
    fn every_event() -> impl Iterator<Item = Event> {
        Event::SELECTORS.iter().map(|selector| {
            let topics = |count| [vec![B256::from(*selector)], vec![B256::ZERO; count]].concat();
            (0..=3).find_map(|count| Event::decode_raw_log(&topics(count), &[0; 1_024]).ok()).unwrap()
        })
    }

    #[test]
    fn every_event_that_moves_an_amount_has_it_or_the_shares_it_follows_from() {
        assert_eq!(every_event().count(), EventKind::ALL.len());
        for event in every_event() {
            let mut row = EventRow::new(EventKind::from(&event));
            apply(&event, &mut row);
            let (amount, shares) = (row.amount.is_some(), row.shares.is_some() && row.node.is_some());
            let is_said = match row.kind.moves().unit {
                Unit::Juels => amount,
                Unit::Shares => !amount && shares,
                Unit::OtherToken => !amount && row.detail.is_some_and(|detail| detail["amount"].is_string()),
                Unit::Nothing => !amount && !shares,
            };
            assert!(is_said, "{}", row.kind);
        }
    }
}
