//! How far a node is on its way to being staked on.

use std::{fmt, str::FromStr};

use crate::Error;

/// The steps of a node, in order; `Quarantined` is outside the order and needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Asked for; nothing was done yet.
    Requested,
    /// Its replica set was asked for.
    Provisioning,
    /// The backend has the set; its replicas are starting.
    Booting,
    /// One replica serves and the other waits.
    Healthy,
    /// Its wallet was read.
    WalletKnown,
    /// The wallet's signature is stored and the transactions are queued.
    Proven,
    /// The registration was sent, or was found on chain.
    Registering,
    /// Registered and indexed: people can stake on it.
    Open,
    /// Something that must not be repaired automatically, such as a wallet that changed.
    Quarantined,
}

impl Phase {
    pub const ALL: [Self; 9] = [
        Self::Requested,
        Self::Provisioning,
        Self::Booting,
        Self::Healthy,
        Self::WalletKnown,
        Self::Proven,
        Self::Registering,
        Self::Open,
        Self::Quarantined,
    ];

    /// The stored and shown word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Provisioning => "provisioning",
            Self::Booting => "booting",
            Self::Healthy => "healthy",
            Self::WalletKnown => "wallet_known",
            Self::Proven => "proven",
            Self::Registering => "registering",
            Self::Open => "open",
            Self::Quarantined => "quarantined",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Phase {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text).ok_or_else(|| Error::Corrupt(format!("phase `{text}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::Phase;

    #[test]
    fn every_phase_is_read_back_as_itself() {
        for phase in Phase::ALL {
            assert_eq!(phase.as_str().parse::<Phase>().ok(), Some(phase));
        }
        assert!("reopened".parse::<Phase>().is_err());
    }
}
