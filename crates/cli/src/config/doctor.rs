//! `[doctor]`: from where on `linkpool doctor` complains.

use serde::Deserialize;

use super::ether::Ether;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoctorConfig {
    /// The registrar's account should have at least this: what a dozen nodes cost, with their first ether.
    pub balance_eth: Ether,
    /// Blocks that an endpoint or the index may be behind.
    pub lag_blocks: u64,
    /// Seconds since the newest block.
    pub head_age_seconds: u64,
    /// Seconds by which two clocks may differ.
    pub clock_skew_seconds: u64,
}

impl Default for DoctorConfig {
    fn default() -> Self {
        Self { balance_eth: "1".into(), lag_blocks: 20, head_age_seconds: 300, clock_skew_seconds: 15 }
    }
}
