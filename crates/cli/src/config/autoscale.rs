//! `[autoscale]`: nodes that are made without a call, once there is nothing left to stake on.

use std::time::Duration;

use linkpool_db::fleet::ProofMode;
use linkpool_fleet::AutoscaleRules;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AutoscaleConfig {
    pub enabled: bool,
    /// Nodes are made while the open ones take less than this; 0: only where none takes any.
    low_water_link: u64,
    /// Most nodes of one decision.
    max_step: u16,
    adds_per_hour: u32,
    adds_per_day: u32,
    /// How long a node may take to open.
    provision_seconds: u64,
    /// After so many that did not, a person has to look.
    max_failed: u32,
    /// How long the guard stays closed at least.
    dwell_seconds: u64,
    /// How much of the share may be taken for the guard to open again.
    reopen_percent: u8,
}

impl Default for AutoscaleConfig {
    fn default() -> Self {
        let usual = AutoscaleRules::new(ProofMode::Signature);
        Self {
            enabled: false,
            low_water_link: 0,
            max_step: usual.max_step,
            adds_per_hour: usual.adds_per_hour,
            adds_per_day: usual.adds_per_day,
            provision_seconds: usual.provision_limit.as_secs(),
            max_failed: usual.max_failed,
            dwell_seconds: usual.dwell.as_secs(),
            reopen_percent: usual.reopen_percent,
        }
    }
}

impl AutoscaleConfig {
    /// How it behaves; `None` where it is off.
    pub fn rules(&self, proof_mode: ProofMode, cannot_make: Option<String>) -> Option<AutoscaleRules> {
        self.enabled.then(|| AutoscaleRules {
            proof_mode,
            low_water_juels: u128::from(self.low_water_link) * 1_000_000_000_000_000_000,
            max_step: self.max_step,
            adds_per_hour: self.adds_per_hour,
            adds_per_day: self.adds_per_day,
            provision_limit: Duration::from_secs(self.provision_seconds),
            max_failed: self.max_failed,
            dwell: Duration::from_secs(self.dwell_seconds),
            reopen_percent: self.reopen_percent,
            cannot_make,
        })
    }
}
