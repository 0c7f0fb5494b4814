//! The contract's events as the rest of the program names them.
#![deny(clippy::wildcard_enum_match_arm)]

use linkpool_primitives::EventKind;

use crate::pool::Event;

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
