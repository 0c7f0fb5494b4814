//! Logs of the pool as typed events, and their kinds as the rest of the program names them.
#![deny(clippy::wildcard_enum_match_arm)]

use alloy::{primitives::LogData, sol_types::SolEventInterface};
use linkpool_primitives::{B256, EventKind};

use crate::pool::Event;

/// A log of the pool that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the log with topic {topic} does not decode: {reason}")]
pub struct DecodeError {
    pub topic: String,
    pub reason: String,
}

/// Decodes one log of the pool's address.
pub fn decode(log: &LogData) -> Result<Event, DecodeError> {
    decode_parts(log.topics(), &log.data)
}

/// [`decode`] of a log in whatever form.
pub fn decode_parts(topics: &[B256], data: &[u8]) -> Result<Event, DecodeError> {
    Event::decode_raw_log(topics, data).map_err(|error| DecodeError {
        topic: topics.first().map_or_else(|| "none".to_owned(), ToString::to_string),
        reason: error.to_string(),
    })
}

impl From<&Event> for EventKind {
    /// Without a wildcard: an event that the contract gains does not compile until it has a kind, and a kind does not until
    /// every reader of events has said what it means there.
    fn from(event: &Event) -> Self {
        macro_rules! by_name {
            ($($name:ident)+) => { match event { $(Event::$name(_) => Self::$name,)+ } };
        }
        by_name! {
            NodeRegistered NodeClosed NodeReopened NodeRetired CapChanged
            Staked Unbonded UnbondCancelled Withdrawn Restaked
            RewardDeposited RewardClaimed RewardSwept FeesPaid SinkPaid
            PenaltyRequested PenaltyVetoed PenaltyExecuted
            PoolCreated Paused FeeChanged FeeRecipientChanged DefaultCapChanged
            NetworkReported CeilingChanged ProoflessChanged RolesChanged
            OwnershipTransferStarted OwnershipTransferred Rescued
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kinds_are_the_events_of_the_contract_by_name() {
        let mut names = Event::VARIANT_NAMES.to_vec();
        names.sort_unstable();
        assert_eq!(EventKind::WORDS, names);
    }
}
