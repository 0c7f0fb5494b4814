//! `[deploy]`: the terms of a pool that is to be made. Most of them can never be changed, so hardly any has a default.

use anyhow::Result;
use linkpool_deploy::Terms;
use linkpool_primitives::Address;
use serde::Deserialize;
use smart_default::SmartDefault;

use crate::failure::Failure;

const UNBONDING_SECONDS: u64 = 28 * 86_400;

#[derive(Debug, Deserialize, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct DeployConfig {
    /// The chain's LINK token.
    token: Option<String>,
    #[default(UNBONDING_SECONDS)]
    timelock_delay_seconds: u64,
    proposers: Vec<String>,
    executors: Vec<String>,
    sink: Option<String>,
    fee_recipient: Option<String>,
    fee_bps: Option<u16>,
    max_share_bps: Option<u16>,
    #[default(100_000)]
    default_cap_link: u32,
    network_ceiling: Option<u32>,
    network_reported: Option<u32>,
    #[default(10)]
    registrations_at_once: u32,
    #[default(50)]
    registrations_per_day: u32,
    allow_unsigned_wallets: bool,
    registrars: Vec<String>,
    guardians: Vec<String>,
    slashers: Vec<String>,
    reporters: Vec<String>,
}

impl DeployConfig {
    pub fn token(&self) -> Result<Address> {
        address("token", given("token", &self.token)?)
    }

    /// The terms, complete and not in contradiction with each other.
    pub fn terms(&self) -> Result<Terms> {
        let terms = Terms {
            timelock_delay_seconds: self.timelock_delay_seconds,
            proposers: addresses("proposers", &self.proposers)?,
            executors: addresses("executors", &self.executors)?,
            sink: address("sink", given("sink", &self.sink)?)?,
            fee_recipient: address("fee_recipient", given("fee_recipient", &self.fee_recipient)?)?,
            fee_bps: *given("fee_bps", &self.fee_bps)?,
            max_share_bps: *given("max_share_bps", &self.max_share_bps)?,
            default_cap_link: self.default_cap_link,
            network_ceiling: *given("network_ceiling", &self.network_ceiling)?,
            network_reported: *given("network_reported", &self.network_reported)?,
            registrations_at_once: self.registrations_at_once,
            registrations_per_day: self.registrations_per_day,
            allow_unsigned_wallets: self.allow_unsigned_wallets,
            registrars: addresses("registrars", &self.registrars)?,
            guardians: addresses("guardians", &self.guardians)?,
            slashers: addresses("slashers", &self.slashers)?,
            reporters: addresses("reporters", &self.reporters)?,
        };
        terms.check()?;
        Ok(terms)
    }
}

fn given<'a, T>(key: &str, value: &'a Option<T>) -> Result<&'a T> {
    value.as_ref().ok_or_else(|| Failure::bad_input(format!("set deploy.{key}: docs/operations.md says what it binds")))
}

fn address(key: &str, text: &str) -> Result<Address> {
    linkpool_primitives::parse_address(text).map_err(|error| Failure::bad_input(format!("deploy.{key}: {error}")))
}

fn addresses(key: &str, texts: &[String]) -> Result<Vec<Address>> {
    texts.iter().map(|text| address(key, text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::{Exit, exit};

    #[test]
    fn what_is_missing_or_no_address_is_named() {
        let error = DeployConfig::default().terms().unwrap_err();
        assert!(error.to_string().contains("set deploy.sink"), "{error}");
        assert_eq!(exit(&error), Exit::BadInput);
        let error = DeployConfig { token: Some("0x12".into()), ..DeployConfig::default() }.token().unwrap_err();
        assert!(error.to_string().starts_with("deploy.token: `0x12` is not an address"), "{error}");
    }
}
