//! Who does what in the history, as transactions.

use alloy::{
    primitives::{B256, U256, keccak256},
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use linkpool_chain::Chain;
use linkpool_contracts::{link, pool, proof, reward_data, stake_data};
use linkpool_primitives::{Address, JUELS_PER_LINK, checksum};
use linkpool_testkit::fixture::{Accounts, Contracts};
use serde_json::json;

use super::{
    blocks::{Blocks, Transaction},
    plan::{Act, NODES, STAKERS, Who},
};

const NETWORK_NODES: u32 = 19_000;
/// What each staker begins with; each stakes less.
const STAKER_LINK: u128 = 120_000;
const ONE_ETHER: &str = "0xde0b6b3a7640000";
const HOUR: u64 = 3_600;

/// Everybody who takes part.
pub struct Cast {
    chain_id: u64,
    accounts: Accounts,
    contracts: Contracts,
    nodes: Vec<PrivateKeySigner>,
    /// Nobody has the keys to these: the chain signs for them while the history is made.
    stakers: Vec<Address>,
}

impl Cast {
    pub fn new(chain: &Chain, accounts: &Accounts, contracts: &Contracts) -> Result<Self> {
        let key = |index| PrivateKeySigner::from_bytes(&seed("node", index)).context("a key of a node");
        Ok(Self {
            chain_id: chain.chain_id(),
            accounts: accounts.clone(),
            contracts: contracts.clone(),
            nodes: (0..NODES).map(key).collect::<Result<_>>()?,
            stakers: (0..STAKERS).map(|index| Address::from_word(seed("staker", index))).collect(),
        })
    }

    /// Lets the chain sign for the stakers, and gives them LINK.
    pub async fn prepare(&self, blocks: &Blocks<'_>) -> Result<()> {
        blocks.ask("anvil_autoImpersonateAccount", json!([true])).await?;
        for staker in &self.stakers {
            blocks.ask("anvil_setBalance", json!([checksum(staker), ONE_ETHER])).await?;
        }
        Ok(())
    }

    /// From here on the chain signs for its own accounts alone.
    pub async fn leave(&self, blocks: &Blocks<'_>) -> Result<()> {
        blocks.ask("anvil_autoImpersonateAccount", json!([false])).await?;
        Ok(())
    }

    pub fn wallets(&self) -> Vec<Address> {
        self.nodes.iter().map(PrivateKeySigner::address).collect()
    }

    /// A block in which all of this happens.
    pub async fn play(&self, blocks: &Blocks<'_>, at: u64, acts: &[Act]) -> Result<()> {
        let transactions: Vec<Vec<Transaction>> = acts.iter().map(|act| self.transactions(act, at)).collect::<Result<_>>()?;
        blocks.make(at, &transactions.into_iter().flatten().collect::<Vec<_>>()).await
    }

    fn transactions(&self, act: &Act, at: u64) -> Result<Vec<Transaction>> {
        let Accounts { operator, slasher, reporter, .. } = self.accounts;
        let token = self.contracts.link;
        let call = |from, data| Transaction { from, to: self.contracts.pool, data };
        let give = |from, data: Vec<u8>, amount: u128| {
            let value = U256::from(amount);
            let transfer = link::transferAndCallCall { _to: self.contracts.pool, _value: value, _data: data.into() };
            Transaction { from, to: token, data: transfer.abi_encode() }
        };
        Ok(vec![match *act {
            Act::Endow => {
                let endow = |staker: &Address| {
                    let transfer = link::transferCall { _to: *staker, _value: U256::from(STAKER_LINK * JUELS_PER_LINK) };
                    Transaction { from: operator, to: token, data: transfer.abi_encode() }
                };
                return Ok(self.stakers.iter().map(endow).collect());
            }
            Act::Register(node) => self.register(&self.nodes[node], at + HOUR)?,
            Act::Stake { who, node, link } => {
                let amount = juels(link);
                give(self.holder(who), stake_data(&[(self.node(node), amount)]).context("an amount")?, amount)
            }
            Act::Unbond { who, node, link } => {
                let unbond = pool::unbondCall { node: self.node(node), shares: U256::from(juels(link)) };
                call(self.holder(who), unbond.abi_encode())
            }
            Act::Claim { who, node } => {
                let staker = self.holder(who);
                call(staker, pool::claimCall { node: self.node(node), staker }.abi_encode())
            }
            Act::Reward(ref parts) => {
                let parts: Vec<(Address, u128)> = parts.iter().map(|(node, amount)| (self.node(*node), *amount)).collect();
                let sum = parts.iter().map(|(_, amount)| amount).sum();
                give(operator, reward_data(&parts).context("an amount")?, sum)
            }
            Act::Report => call(reporter, pool::reportNetworkCall { size: NETWORK_NODES }.abi_encode()),
            Act::AskPenalty { node, bps } => {
                let fault_at = alloy::primitives::aliases::U40::from(at - HOUR);
                let evidence = keccak256("an answer that was wrong");
                call(slasher, pool::requestPenaltyCall { node: self.node(node), bps, evidence, faultAt: fault_at }.abi_encode())
            }
            Act::TakePenalty(node) => call(slasher, pool::executePenaltyCall { node: self.node(node) }.abi_encode()),
        }])
    }

    fn register(&self, node: &PrivateKeySigner, deadline: u64) -> Result<Transaction> {
        let digest = proof::digest(self.chain_id, self.contracts.pool, node.address(), deadline);
        let signature = node.sign_hash_sync(&digest).context("a node's signature")?;
        let register = pool::registerNodeCall {
            wallet: node.address(),
            deadline: U256::from(deadline),
            proof: signature.as_bytes().to_vec().into(),
        };
        Ok(Transaction { from: self.accounts.registrar, to: self.contracts.pool, data: register.abi_encode() })
    }

    fn node(&self, index: usize) -> Address {
        self.nodes[index].address()
    }

    fn holder(&self, who: Who) -> Address {
        match who {
            Who::Staker(index) => self.stakers[index],
            Who::Holder(index) => self.accounts.holders[index],
        }
    }
}

/// The same for every stack, so that its pictures are the same too.
fn seed(kind: &str, index: usize) -> B256 {
    keccak256(format!("history of a development chain: {kind} {index}"))
}

fn juels(link: u32) -> u128 {
    u128::from(link) * JUELS_PER_LINK
}
