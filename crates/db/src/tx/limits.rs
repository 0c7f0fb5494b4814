//! How much one signer may do.

use std::time::Duration;

/// Wei per gas that are paid at most where nobody says otherwise.
const MAX_FEE_WEI: u128 = 500_000_000_000;

/// Safe defaults: a registrar that runs wild spends a bounded amount and makes a bounded number of nodes before anybody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most transactions that are sent and not mined. A geth node is sure to keep 16 of one account.
    pub max_in_flight: u16,
    /// Most registrations that get a nonce within an hour, and within 24.
    pub registrations_per_hour: u32,
    pub registrations_per_day: u32,
    /// Most fees within 24 hours: what open transactions can cost at most, and the others have cost at most.
    pub fees_per_day: FeesPerDay,
}

impl Default for Limits {
    fn default() -> Self {
        let fees_per_day = FeesPerDay::Work { max_fee_wei: MAX_FEE_WEI };
        Self { max_in_flight: 16, registrations_per_hour: 10, registrations_per_day: 50, fees_per_day }
    }
}

impl Limits {
    /// For measurements and development chains, where nothing is worth anything.
    pub fn none() -> Self {
        let fees_per_day = FeesPerDay::Most(u128::MAX);
        Self { registrations_per_hour: u32::MAX, registrations_per_day: u32::MAX, fees_per_day, ..Self::default() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// A sentence.
    pub reason: String,
    pub retry_in: Duration,
}

/// Most fees of one signer within 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeesPerDay {
    /// So many wei, whatever gas and work cost.
    Most(u128),
    /// What a day's work takes by the chain's own estimates: as many transactions of each kind that it sends as registrations are
    /// allowed, each with the largest gas limit of its kind and at the dearest offer of the day, but no more than `max_fee_wei`.
    Work { max_fee_wei: u128 },
}
