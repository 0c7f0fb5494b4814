//! `[registrar]`: the key that registers nodes, and what it may spend.

use std::{path::PathBuf, time::Duration};

use alloy::primitives::utils::parse_ether;
use anyhow::Result;
use linkpool_primitives::Address;
use linkpool_registrar::{FeeCaps, Funding, LocalSigner};
use serde::Deserialize;

use crate::failure::Failure;

const GWEI: u128 = 1_000_000_000;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrarConfig {
    /// The V3 keystore of the account with the role registrar, and the file with its password; both mode 0600.
    pub keystore: Option<PathBuf>,
    pub password_file: Option<PathBuf>,
    /// Ether for a brand-new wallet, as a decimal in text.
    pub funding_initial_eth: String,
    /// Most ether for all wallets within 24 hours.
    pub funding_daily_cap_eth: String,
    pub max_fee_gwei: u64,
    pub max_tip_gwei: u64,
    pub max_in_flight: u16,
    pub confirmations: u64,
    pub replace_after_blocks: u64,
    pub poll_ms: u64,
}

impl Default for RegistrarConfig {
    fn default() -> Self {
        Self {
            keystore: None,
            password_file: None,
            funding_initial_eth: "0.05".into(),
            funding_daily_cap_eth: "2.5".into(),
            max_fee_gwei: 500,
            max_tip_gwei: 20,
            max_in_flight: 16,
            confirmations: 1,
            replace_after_blocks: 5,
            poll_ms: 500,
        }
    }
}

impl RegistrarConfig {
    pub fn signer(&self) -> Result<LocalSigner> {
        match (&self.keystore, &self.password_file) {
            (Some(keystore), Some(password)) => Ok(LocalSigner::from_keystore(keystore, password)?),
            _ => {
                Err(Failure::bad_input("set registrar.keystore and registrar.password_file: the account with the role registrar"))
            }
        }
    }

    pub fn settings(&self, pool: Address) -> Result<linkpool_registrar::RegistrarConfig> {
        if self.confirmations == 0 || self.max_in_flight == 0 || self.replace_after_blocks == 0 || self.poll_ms == 0 {
            return Err(Failure::bad_input(
                "registrar: confirmations, max_in_flight, replace_after_blocks and poll_ms must be at least 1",
            ));
        }
        let funding = Funding {
            initial_wei: wei("registrar.funding_initial_eth", &self.funding_initial_eth)?,
            daily_cap_wei: wei("registrar.funding_daily_cap_eth", &self.funding_daily_cap_eth)?,
        };
        let fees =
            FeeCaps { max_fee_wei: u128::from(self.max_fee_gwei) * GWEI, max_tip_wei: u128::from(self.max_tip_gwei) * GWEI };
        Ok(linkpool_registrar::RegistrarConfig {
            funding,
            fees,
            max_in_flight: self.max_in_flight,
            confirmations: self.confirmations,
            replace_after_blocks: self.replace_after_blocks,
            poll_interval: Duration::from_millis(self.poll_ms),
            ..linkpool_registrar::RegistrarConfig::new(pool)
        })
    }
}

fn wei(key: &str, text: &str) -> Result<u128> {
    let parsed = parse_ether(text).ok().filter(|_| !text.starts_with(['-', '+'])).and_then(|wei| u128::try_from(wei).ok());
    parsed.ok_or_else(|| Failure::bad_input(format!("{key}: `{text}` is not an amount of ether: write digits, for example 0.05")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ether_reads_to_the_wei_and_anything_else_names_its_key() {
        assert_eq!(wei("k", "0.05").unwrap(), 50_000_000_000_000_000);
        assert_eq!(wei("k", "0").unwrap(), 0);
        for text in ["", "-1", "+1", "1,5", "0x1", "ether"] {
            assert!(wei("some.key", text).unwrap_err().to_string().starts_with("some.key: "), "{text}");
        }
    }
}
