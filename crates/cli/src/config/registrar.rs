//! `[registrar]`: the key that registers nodes, and what it may spend.

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use linkpool_primitives::Address;
use linkpool_registrar::{FeeCaps, Funding, LocalSigner};
use serde::Deserialize;

use super::ether::Ether;
use crate::failure::Failure;

const GWEI: u128 = 1_000_000_000;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrarConfig {
    /// The V3 keystore of the account with the role registrar, and the file with its password; both mode 0600.
    pub keystore: Option<PathBuf>,
    pub password_file: Option<PathBuf>,
    /// For a brand-new wallet.
    pub funding_initial_eth: Ether,
    /// Most for all wallets within 24 hours.
    pub funding_daily_cap_eth: Ether,
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
        if self.max_fee_gwei == 0 || self.max_tip_gwei == 0 {
            return Err(Failure::bad_input(
                "registrar: max_fee_gwei and max_tip_gwei must be at least 1: no transaction is mined for nothing",
            ));
        }
        let funding = Funding {
            initial_wei: self.funding_initial_eth.wei("registrar.funding_initial_eth")?,
            daily_cap_wei: self.funding_daily_cap_eth.wei("registrar.funding_daily_cap_eth")?,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registrar_that_could_never_send_is_refused() {
        let settings = |max_fee_gwei, max_tip_gwei| {
            RegistrarConfig { max_fee_gwei, max_tip_gwei, ..RegistrarConfig::default() }.settings(Address::ZERO)
        };
        assert_eq!(settings(2, 1).unwrap().fees, FeeCaps { max_fee_wei: 2 * GWEI, max_tip_wei: GWEI });
        for (max_fee_gwei, max_tip_gwei) in [(0, 1), (1, 0)] {
            let error = settings(max_fee_gwei, max_tip_gwei).unwrap_err();
            assert!(error.to_string().contains("max_fee_gwei and max_tip_gwei must be at least 1"), "{error}");
        }
    }
}
