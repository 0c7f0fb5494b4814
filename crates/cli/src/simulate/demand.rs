//! Those who want to stake: LINK that comes at a steady pace and goes onto the first node with room.

use std::time::Instant;

use alloy::{
    primitives::{Bytes, U256},
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use linkpool_chain::Chain;
use linkpool_contracts::{link, stake_data};
use linkpool_primitives::{Address, JUELS_PER_LINK};
use linkpool_testkit::fixture::{Accounts, Contracts};

use super::arguments::CAP_LINK;

const CAP_JUELS: u128 = CAP_LINK as u128 * JUELS_PER_LINK;
/// Most nodes of one transaction.
const MAX_PARTS: usize = 20;

pub struct Demand {
    chain: Chain,
    staker: Address,
    contracts: Contracts,
    total: u128,
    per_second: u128,
    begin: Instant,
    /// What stands on each node, in the order in which they opened. Nobody else stakes here.
    stakes: Vec<(Address, u128)>,
}

impl Demand {
    /// By whoever holds all the LINK of the chain.
    pub fn new(chain: &Chain, accounts: &Accounts, contracts: &Contracts, (total, per_second_link): (u128, u64)) -> Self {
        Self {
            chain: chain.clone(),
            staker: accounts.operator,
            contracts: contracts.clone(),
            total,
            per_second: u128::from(per_second_link) * JUELS_PER_LINK,
            begin: Instant::now(),
            stakes: Vec::new(),
        }
    }

    /// What has come until now, staked or not.
    pub fn arrived(&self) -> u128 {
        (self.per_second * self.begin.elapsed().as_millis() / 1_000).min(self.total)
    }

    pub fn staked(&self) -> u128 {
        self.stakes.iter().map(|(_, juels)| juels).sum()
    }

    pub fn full_nodes(&self) -> usize {
        self.stakes.iter().filter(|(_, juels)| *juels == CAP_JUELS).count()
    }

    /// Stakes what waits on what is open, in one transaction; waits for its block. False where there was nothing to do.
    pub async fn stake(&mut self, open: &[Address]) -> Result<bool> {
        for wallet in open {
            if !self.stakes.iter().any(|(known, _)| known == wallet) {
                self.stakes.push((*wallet, 0));
            }
        }
        let parts = spread(self.arrived() - self.staked(), &self.stakes);
        if parts.is_empty() {
            return Ok(false);
        }
        let sum: u128 = parts.iter().map(|(_, juels)| juels).sum();
        let data = Bytes::from(stake_data(&parts).context("an amount beyond 96 bits")?);
        let call = link::transferAndCallCall { _to: self.contracts.pool, _value: U256::from(sum), _data: data };
        self.chain.send_unlocked(self.staker, Some(self.contracts.link), call.abi_encode()).await.context("staking")?;
        for (wallet, juels) in parts {
            if let Some((_, stake)) = self.stakes.iter_mut().find(|(known, _)| *known == wallet) {
                *stake += juels;
            }
        }
        Ok(true)
    }
}

/// How much goes where: each node is filled before the next one gets anything.
fn spread(mut waiting: u128, stakes: &[(Address, u128)]) -> Vec<(Address, u128)> {
    let mut parts = Vec::new();
    for (wallet, juels) in stakes.iter().filter(|(_, juels)| *juels < CAP_JUELS) {
        let part = waiting.min(CAP_JUELS - juels);
        // Less than a LINK is no stake.
        if part < JUELS_PER_LINK || parts.len() == MAX_PARTS {
            break;
        }
        parts.push((*wallet, part));
        waiting -= part;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_filled_before_the_next_one_gets_anything() {
        let [full, half, empty] = [1, 2, 3].map(Address::repeat_byte);
        let stakes = [(full, CAP_JUELS), (half, CAP_JUELS / 2), (empty, 0)];
        assert_eq!(spread(CAP_JUELS, &stakes), [(half, CAP_JUELS / 2), (empty, CAP_JUELS / 2)]);
        assert_eq!(spread(CAP_JUELS / 4, &stakes), [(half, CAP_JUELS / 4)]);
        assert_eq!(spread(JUELS_PER_LINK - 1, &stakes), []);
        assert_eq!(spread(CAP_JUELS * 9, &stakes[..1]), []);
    }
}
