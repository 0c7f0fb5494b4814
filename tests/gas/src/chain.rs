//! A chain in memory that makes real transactions: each pays its base and its calldata, finds everything cold, and gets its refund.

use alloy_primitives::{Address, Bytes, TxKind, U256};
use anyhow::{Context as _, Result, bail};
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext,
    context::{BlockEnv, CfgEnv, TxEnv, result::ExecutionResult},
    database::{CacheDB, EmptyDB},
    primitives::hardfork::SpecId,
    state::{AccountInfo, EvmState},
};

/// What the test chains of this repository are called; a registration's signature names it.
pub const CHAIN_ID: u64 = 31_337;
/// Where the contracts' gas tests begin.
const START: u64 = 1_800_000_000;
const BLOCK_GAS: u64 = 200_000_000;
/// The most that a transaction may ask for until Amsterdam, and that it may execute from then on.
const TRANSACTION_GAS: u64 = 16_777_216;
/// From Amsterdam on, what a deployment creates is paid from gas above that.
const DEPLOYMENT_GAS: u64 = 60_000_000;

/// A transaction as it was sent, and what its receipt said: for whoever repeats it on another chain.
#[derive(Clone, Debug)]
pub struct Sent {
    pub at: u64,
    pub from: Address,
    pub to: Option<Address>,
    pub data: Bytes,
    pub gas_used: u64,
}

#[derive(Clone, Debug, Default)]
pub struct Receipt {
    pub gas_used: u64,
    pub output: Bytes,
    pub contract: Option<Address>,
    /// The contracts in whose storage a word became non-zero that was zero before, one entry a word.
    pub created: Vec<Address>,
}

#[derive(Clone, Debug)]
pub struct Chain {
    spec: SpecId,
    state: CacheDB<EmptyDB>,
    now: u64,
    sent: Vec<Sent>,
}

impl Chain {
    pub fn new(spec: SpecId) -> Self {
        Self { spec, state: CacheDB::default(), now: START, sent: Vec::new() }
    }

    /// Every transaction so far, in order.
    pub fn sent(&self) -> &[Sent] {
        &self.sent
    }

    pub fn now(&self) -> u64 {
        self.now
    }

    pub fn skip(&mut self, seconds: u64) {
        self.now += seconds;
    }

    pub fn call(&mut self, from: Address, to: Address, data: Vec<u8>) -> Result<Receipt> {
        self.transact(from, Some(to), data.into())
    }

    pub fn deploy(&mut self, from: Address, code: Vec<u8>) -> Result<(Address, Receipt)> {
        let receipt = self.transact(from, None, code.into())?;
        Ok((receipt.contract.context("a deployment has an address")?, receipt))
    }

    /// Only for accounts that other chains start with a nonce.
    pub fn set_nonce(&mut self, account: Address, nonce: u64) {
        self.state.insert_account_info(account, AccountInfo { nonce, ..AccountInfo::default() });
    }

    fn transact(&mut self, from: Address, to: Option<Address>, data: Bytes) -> Result<Receipt> {
        let block = BlockEnv { timestamp: U256::from(self.now), gas_limit: BLOCK_GAS, ..BlockEnv::default() };
        let mut rules = CfgEnv::new_with_spec(self.spec);
        rules.chain_id = CHAIN_ID;
        let is_large = to.is_none() && self.spec.is_enabled_in(SpecId::AMSTERDAM);
        let transaction = TxEnv {
            caller: from,
            kind: to.map_or(TxKind::Create, TxKind::Call),
            data: data.clone(),
            gas_limit: if is_large { DEPLOYMENT_GAS } else { TRANSACTION_GAS },
            nonce: self.state.load_account(from)?.info.nonce,
            chain_id: Some(CHAIN_ID),
            ..TxEnv::default()
        };
        let mut machine = Context::mainnet().with_db(&mut self.state).with_cfg(rules).with_block(block).build_mainnet();
        let done = machine.transact(transaction)?;
        let created = created(&done.state);
        machine.commit(done.state);
        let gas_used = done.result.gas().tx_gas_used();
        self.sent.push(Sent { at: self.now, from, to, data, gas_used });
        let contract = done.result.created_address();
        match done.result {
            ExecutionResult::Success { output, .. } => Ok(Receipt { gas_used, output: output.into_data(), contract, created }),
            ExecutionResult::Revert { output, .. } => bail!("a transaction from {from} was refused with {output}"),
            ExecutionResult::Halt { reason, .. } => bail!("a transaction from {from} ended: {reason:?}"),
        }
    }
}

fn created(state: &EvmState) -> Vec<Address> {
    let words = state.iter().flat_map(|(address, account)| account.storage.values().map(move |word| (address, word)));
    let created = words.filter(|(_, word)| word.original_value().is_zero() && !word.present_value().is_zero());
    let mut contracts: Vec<Address> = created.map(|(address, _)| *address).collect();
    contracts.sort_unstable();
    contracts
}
