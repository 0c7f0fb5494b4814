//! `[transactions]`: how everything is sent, by roles and by commands, and what it may cost.

use std::time::Duration;

use anyhow::Result;
use linkpool_registrar::{FeeCaps, Limits, TransactionConfig};
use serde::Deserialize;

use super::ether::Ether;

const GWEI: u128 = 1_000_000_000;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TransactionsConfig {
    pub max_fee_gwei: u64,
    pub max_tip_gwei: u64,
    /// The tip where no endpoint tells one.
    pub tip_gwei: Option<u64>,
    /// Most for the fees of one signer within 24 hours.
    pub fees_daily_cap_eth: Ether,
    pub max_in_flight: u16,
    pub replace_after_blocks: u64,
    pub max_replacements: u32,
    pub poll_ms: u64,
}

impl Default for TransactionsConfig {
    fn default() -> Self {
        Self {
            max_fee_gwei: 500,
            max_tip_gwei: 20,
            tip_gwei: None,
            fees_daily_cap_eth: "1".into(),
            max_in_flight: 16,
            replace_after_blocks: 5,
            max_replacements: 10,
            poll_ms: 500,
        }
    }
}

impl TransactionsConfig {
    /// What a signer is driven with. The limits on registrations are the registrar's (`[registrar]`), and their defaults here.
    pub fn settings(&self) -> Result<TransactionConfig> {
        let fees_per_day_wei = self.fees_daily_cap_eth.wei("transactions.fees_daily_cap_eth")?;
        Ok(TransactionConfig {
            fees: FeeCaps {
                max_fee_wei: u128::from(self.max_fee_gwei) * GWEI,
                max_tip_wei: u128::from(self.max_tip_gwei) * GWEI,
            },
            usual_tip_wei: self.tip_gwei.map(|tip| u128::from(tip) * GWEI),
            limits: Limits { max_in_flight: self.max_in_flight, fees_per_day_wei, ..Limits::default() },
            replace_after_blocks: self.replace_after_blocks,
            max_replacements: self.max_replacements,
            poll_interval: Duration::from_millis(self.poll_ms),
            ..TransactionConfig::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_on_fees_are_in_gwei() {
        let settings = TransactionsConfig { max_fee_gwei: 2, max_tip_gwei: 1, ..TransactionsConfig::default() }.settings();
        assert_eq!(settings.unwrap().fees, FeeCaps { max_fee_wei: 2 * GWEI, max_tip_wei: GWEI });
    }

    #[test]
    fn what_is_not_configured_is_the_safe_default() {
        assert_eq!(TransactionsConfig::default().settings().unwrap(), TransactionConfig::default());
    }
}
