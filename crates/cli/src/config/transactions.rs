//! `[transactions]`: how everything is sent, by roles and by commands, and what it may cost.

use std::time::Duration;

use anyhow::Result;
use linkpool_tx_manager::{FeeCaps, FeesPerDay, Limits, TransactionConfig};
use serde::Deserialize;
use smart_default::SmartDefault;

use super::ether::Ether;

const GWEI: u128 = 1_000_000_000;

#[derive(Debug, Deserialize, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct TransactionsConfig {
    #[default(500)]
    pub max_fee_gwei: u64,
    #[default(20)]
    pub max_tip_gwei: u64,
    /// The tip where no endpoint tells one.
    pub tip_gwei: Option<u64>,
    /// Most for the fees of one signer within 24 hours, instead of what a day's work takes.
    pub fees_daily_cap_eth: Option<Ether>,
    #[default(16)]
    pub max_in_flight: u16,
    #[default(5)]
    pub replace_after_blocks: u64,
    #[default(10)]
    pub max_replacements: u32,
    #[default(500)]
    pub poll_ms: u64,
}

impl TransactionsConfig {
    /// What a signer is driven with. The limits on registrations are the registrar's (`[registrar]`), and their defaults here.
    pub fn settings(&self) -> Result<TransactionConfig> {
        let max_fee_wei = u128::from(self.max_fee_gwei) * GWEI;
        let fees_per_day = match &self.fees_daily_cap_eth {
            Some(most) => FeesPerDay::Most(most.wei("transactions.fees_daily_cap_eth")?),
            None => FeesPerDay::Work { max_fee_wei },
        };
        Ok(TransactionConfig {
            fees: FeeCaps { max_fee_wei, max_tip_wei: u128::from(self.max_tip_gwei) * GWEI },
            usual_tip_wei: self.tip_gwei.map(|tip| u128::from(tip) * GWEI),
            limits: Limits { max_in_flight: self.max_in_flight, fees_per_day, ..Limits::default() },
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
        let settings = settings.unwrap();
        assert_eq!(settings.fees, FeeCaps { max_fee_wei: 2 * GWEI, max_tip_wei: GWEI });
        assert_eq!(settings.limits.fees_per_day, FeesPerDay::Work { max_fee_wei: 2 * GWEI });
    }

    #[test]
    fn a_sum_of_the_operators_own_stands_instead_of_what_a_days_work_takes() {
        let settings = TransactionsConfig { fees_daily_cap_eth: Some("0.5".into()), ..TransactionsConfig::default() }.settings();
        assert_eq!(settings.unwrap().limits.fees_per_day, FeesPerDay::Most(GWEI * GWEI / 2));
    }

    #[test]
    fn what_is_not_configured_is_the_safe_default() {
        assert_eq!(TransactionsConfig::default().settings().unwrap(), TransactionConfig::default());
    }
}
