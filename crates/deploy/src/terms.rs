//! What somebody decides about a pool before it exists. Much of it can never be changed, and the rest only by the timelock.

use std::collections::BTreeMap;

use linkpool_contracts::pool::{Grant, Setup};
use linkpool_primitives::{Address, checksum};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

pub(crate) const REGISTRAR: u8 = 1;
pub(crate) const GUARDIAN: u8 = 2;
pub(crate) const SLASHER: u8 = 4;
pub(crate) const REPORTER: u8 = 8;

/// See docs/contract.md for what each of these binds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// At least the unbonding time, 28 days.
    pub timelock_delay_seconds: u64,
    /// May announce and cancel what the owner does; a multisig.
    pub proposers: Vec<Address>,
    /// May carry out what was announced long enough ago; nobody listed means anybody.
    pub executors: Vec<Address>,
    /// Receives penalties. Fixed for ever.
    pub sink: Address,
    pub fee_recipient: Address,
    pub fee_bps: u16,
    /// The largest share of the oracle network that the pool's nodes may be, in basis points. Fixed for ever.
    pub max_share_bps: u16,
    /// Whole LINK.
    pub default_cap_link: u32,
    /// The most nodes of the network that a report may count for.
    pub network_ceiling: u32,
    /// The first report.
    pub network_reported: u32,
    /// Nodes at once, and a day after those. Fixed for ever.
    pub registrations_at_once: u32,
    pub registrations_per_day: u32,
    pub allow_unsigned_wallets: bool,
    pub registrars: Vec<Address>,
    pub guardians: Vec<Address>,
    pub slashers: Vec<Address>,
    pub reporters: Vec<Address>,
}

impl Terms {
    /// Refuses what the contract would take and nobody can have meant. What the contract refuses itself, it says itself
    /// ([`crate::rehearse`]).
    pub fn check(&self) -> Result<()> {
        let groups = [
            ("proposers", &self.proposers),
            ("registrars", &self.registrars),
            ("guardians", &self.guardians),
            ("slashers", &self.slashers),
            ("reporters", &self.reporters),
        ];
        for (name, accounts) in groups {
            if accounts.is_empty() {
                let why = "the pool would be without for as long as the timelock's delay, or for ever";
                return Err(Error::Terms(format!("deploy.{name} is empty: give at least one account; {why}")));
            }
        }
        for (name, accounts) in groups.iter().skip(1).filter(|(name, _)| *name != "guardians") {
            if let Some(both) = accounts.iter().find(|account| self.guardians.contains(account)) {
                let both = checksum(both);
                return Err(Error::Terms(format!(
                    "{both} is in deploy.guardians and deploy.{name}: the guardian is who stops the others, so it needs a key of its own"
                )));
            }
        }
        Ok(())
    }

    /// What the pool's constructor is given.
    pub fn setup(&self, link: Address, owner: Address) -> Setup {
        Setup {
            link,
            owner,
            sink: self.sink,
            feeRecipient: self.fee_recipient,
            feeBps: self.fee_bps,
            maxShareBps: self.max_share_bps,
            defaultCapLink: self.default_cap_link,
            ceiling: self.network_ceiling,
            reported: self.network_reported,
            registrationBurst: self.registrations_at_once,
            registrationsPerDay: self.registrations_per_day,
            prooflessAllowed: self.allow_unsigned_wallets,
            grants: self.roles().into_iter().map(|(account, roles)| Grant { account, roles }).collect(),
        }
    }

    /// Each account with the sum of its roles.
    pub(crate) fn roles(&self) -> BTreeMap<Address, u8> {
        let groups =
            [(&self.registrars, REGISTRAR), (&self.guardians, GUARDIAN), (&self.slashers, SLASHER), (&self.reporters, REPORTER)];
        let mut roles = BTreeMap::new();
        for (accounts, role) in groups {
            for account in accounts {
                *roles.entry(*account).or_default() |= role;
            }
        }
        roles
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn account(number: u8) -> Address {
        Address::repeat_byte(number)
    }

    pub fn terms() -> Terms {
        Terms {
            timelock_delay_seconds: 28 * 86_400,
            proposers: vec![account(1)],
            executors: Vec::new(),
            sink: account(2),
            fee_recipient: account(3),
            fee_bps: 500,
            max_share_bps: 1_000,
            default_cap_link: 100_000,
            network_ceiling: 19_000,
            network_reported: 19_000,
            registrations_at_once: 10,
            registrations_per_day: 50,
            allow_unsigned_wallets: false,
            registrars: vec![account(4)],
            guardians: vec![account(5)],
            slashers: vec![account(6)],
            reporters: vec![account(4), account(7)],
        }
    }

    #[test]
    fn every_role_needs_somebody_and_the_guardian_a_key_of_its_own() {
        assert!(terms().check().is_ok());
        let refused = |change: fn(&mut Terms)| {
            let mut terms = terms();
            change(&mut terms);
            terms.check().unwrap_err().to_string()
        };
        assert!(refused(|terms| terms.proposers.clear()).contains("deploy.proposers is empty"));
        assert!(refused(|terms| terms.reporters.clear()).contains("deploy.reporters is empty"));
        let both = refused(|terms| terms.slashers.push(account(5)));
        assert!(both.contains("deploy.guardians and deploy.slashers") && both.contains("a key of its own"), "{both}");
    }

    #[test]
    fn an_account_with_two_roles_is_granted_their_sum_once() {
        let setup = terms().setup(account(8), account(9));
        let of = |number| setup.grants.iter().filter(move |grant| grant.account == account(number)).map(|grant| grant.roles);
        assert_eq!(of(4).collect::<Vec<_>>(), [REGISTRAR | REPORTER]);
        assert_eq!(of(5).collect::<Vec<_>>(), [GUARDIAN]);
        assert_eq!(setup.grants.len(), 4);
    }
}
