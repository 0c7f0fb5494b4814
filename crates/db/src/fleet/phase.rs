//! How far a node is on its way to being staked on.

use linkpool_primitives::words;

use crate::column::stored_enums;

stored_enums!(Phase);

words! {
    /// The steps of a node, in order; `Quarantined` is outside the order and needs a person.
    #[derive(PartialOrd, Ord)]
    pub enum Phase {
        /// Asked for; nothing was done yet.
        Requested = "requested",
        /// Its replica set was asked for.
        Provisioning = "provisioning",
        /// The backend has the set; its replicas are starting.
        Booting = "booting",
        /// One replica serves and the other waits.
        Healthy = "healthy",
        /// Its wallet was read.
        WalletKnown = "wallet_known",
        /// The wallet's signature is stored and the transactions are queued.
        Proven = "proven",
        /// The registration was sent, or was found on chain.
        Registering = "registering",
        /// Registered and indexed: people can stake on it.
        Open = "open",
        /// Something that must not be repaired automatically, such as a wallet that changed.
        Quarantined = "quarantined",
    }
}

#[cfg(test)]
mod tests {
    use super::Phase;

    #[test]
    fn every_phase_is_read_back_as_itself() {
        for phase in Phase::ALL {
            assert_eq!(phase.as_str().parse::<Phase>().ok(), Some(*phase));
        }
        assert!("reopened".parse::<Phase>().is_err());
    }
}
