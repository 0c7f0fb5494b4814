//! Who is who on a development chain: its unlocked accounts, by part.

use linkpool_chain::Chain;
use linkpool_primitives::Address;

use crate::{Error, Result};

/// The accounts that the chain signs for.
#[derive(Debug, Clone)]
pub struct People {
    /// Deploys, proposes to the timelock, receives the maker fee and holds the rest of the LINK.
    pub operator: Address,
    pub guardian: Address,
    pub slasher: Address,
    pub reporter: Address,
    pub registrar: Address,
    /// Receives penalties.
    pub treasury: Address,
    /// Token holders with LINK to stake.
    pub holders: Vec<Address>,
}

impl People {
    pub async fn of(chain: &Chain) -> Result<Self> {
        let accounts = chain.accounts().await?;
        let [operator, guardian, slasher, reporter, registrar, treasury, first, holders @ ..] = accounts.as_slice() else {
            let message = format!("the chain has {} unlocked accounts; a development chain needs at least 7", accounts.len());
            return Err(Error::Data { message });
        };
        Ok(Self {
            operator: *operator,
            guardian: *guardian,
            slasher: *slasher,
            reporter: *reporter,
            registrar: *registrar,
            treasury: *treasury,
            holders: [&[*first], holders].concat(),
        })
    }
}
