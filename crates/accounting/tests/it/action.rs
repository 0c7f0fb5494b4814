//! What somebody does: once to the model, once as a transaction.

use alloy::{
    primitives::{B256, Bytes, U256, aliases::U40},
    sol_types::SolCall,
};
use linkpool_accounting::{Event, Outcome, Pool};
use linkpool_contracts::{link, pool, reward_data, stake_data};
use linkpool_primitives::Address;

use crate::world::{Call, World};

/// Everything that touches a number of the pool.
#[derive(Debug, Clone)]
pub enum Action {
    Stake { staker: Address, parts: Vec<(Address, u128)> },
    StakeApproved { staker: Address, node: Address, amount: u128 },
    Unbond { staker: Address, node: Address, shares: u128 },
    Cancel { staker: Address, node: Address, ticket: u32 },
    Withdraw { by: Address, staker: Address, node: Address, ticket: u32 },
    WithdrawRetired { by: Address, staker: Address, node: Address },
    Restake { staker: Address, node: Address, ticket: u32, target: Address },
    Claim { by: Address, staker: Address, node: Address },
    Compound { staker: Address, node: Address, target: Address },
    Reward { from: Address, parts: Vec<(Address, u128)> },
    PayFees,
    PaySink { by: Address },
    Register { wallet: Address },
    Close { by: Address, node: Address },
    Reopen { node: Address },
    Retire { node: Address, index: u64 },
    SetCap { node: Address, cap_link: u32 },
    Request { node: Address, bps: u16, fault_at: u64 },
    Veto { node: Address },
    Execute { node: Address },
    Pause { until: u64 },
    SetFee { fee_bps: u16 },
    LowerFee { fee_bps: u16 },
    SetFeeRecipient { fee_recipient: Address },
    SetDefaultCap { cap_link: u32 },
    SetCeiling { ceiling: u32 },
    SetProofless { allowed: bool },
    Report { size: u32 },
}

impl Action {
    /// What the model makes of it.
    pub fn apply(&self, model: &mut Pool, world: &World, now: u64) -> Outcome<Vec<Event>> {
        let accounts = &world.accounts;
        let one = |event| Ok(vec![event]);
        let some = |event: Option<Event>| Ok(event.into_iter().collect());
        match self {
            Self::Stake { staker, parts } => model.stake(*staker, parts, now),
            Self::StakeApproved { staker, node, amount } => model.stake(*staker, &[(*node, *amount)], now),
            Self::Unbond { staker, node, shares } => model.unbond(*node, *staker, *shares, now),
            Self::Cancel { staker, node, ticket } => model.cancel_unbond(*node, *staker, *ticket, now).and_then(one),
            Self::Withdraw { by, staker, node, ticket } => model.withdraw(*by, *node, *staker, *ticket, now).and_then(some),
            Self::WithdrawRetired { staker, node, .. } => model.withdraw_retired(*node, *staker, now),
            Self::Restake { staker, node, ticket, target } => model.restake(*node, *staker, *ticket, *target, now),
            Self::Claim { staker, node, .. } => model.claim(*node, *staker, now).and_then(some),
            Self::Compound { staker, node, target } => model.compound(*node, *staker, *target, now),
            Self::Reward { from, parts } => model.reward(*from, parts, now),
            Self::PayFees => model.pay_fees().and_then(one),
            Self::PaySink { .. } => model.pay_sink().and_then(one),
            Self::Register { wallet } => model.register_node(*wallet, false, now).and_then(one),
            Self::Close { by, node } => model.close_node(*by, *node).and_then(one),
            Self::Reopen { node } => model.reopen_node(accounts.guardian, *node).and_then(one),
            Self::Retire { node, .. } => model.retire_node(*node, now),
            Self::SetCap { node, cap_link } => model.set_cap(*node, *cap_link).and_then(one),
            Self::Request { node, bps, fault_at } => {
                model.request_penalty(accounts.slasher, *node, *bps, *fault_at, now).and_then(one)
            }
            Self::Veto { node } => model.veto_penalty(accounts.guardian, *node, now).and_then(one),
            Self::Execute { node } => model.execute_penalty(*node, now),
            Self::Pause { until } => model.pause(accounts.guardian, *until, now).and_then(one),
            Self::SetFee { fee_bps } => model.set_fee(*fee_bps).and_then(one),
            Self::LowerFee { fee_bps } => model.lower_fee(*fee_bps).and_then(one),
            Self::SetFeeRecipient { fee_recipient } => one(model.set_fee_recipient(*fee_recipient)),
            Self::SetDefaultCap { cap_link } => one(model.set_default_cap(*cap_link)),
            Self::SetCeiling { ceiling } => one(model.set_ceiling(*ceiling)),
            Self::SetProofless { allowed } => one(model.set_proofless(*allowed)),
            Self::Report { size } => one(model.report_network(accounts.reporter, *size, now)),
        }
    }

    /// The transaction.
    pub fn call(&self, model: &Pool, world: &World) -> Call {
        match self {
            Self::Stake { staker, parts } => by_link(world, *staker, parts, stake_data(parts)),
            Self::Reward { from, parts } => by_link(world, *from, parts, reward_data(parts)),
            _ => {
                let (from, data) = self.direct(model, world);
                Call { from, to: world.pool, data }
            }
        }
    }

    /// A call that the pool refuses for the same reason, but says it: LINK hides why the pool refused a transfer.
    pub fn plain_call(&self, model: &Pool, world: &World) -> Call {
        let (sender, parts, data) = match self {
            Self::Stake { staker, parts } => (*staker, parts, stake_data(parts)),
            Self::Reward { from, parts } => (*from, parts, reward_data(parts)),
            _ => return self.call(model, world),
        };
        let callback = pool::onTokenTransferCall { sender, amount: U256::from(sum(parts)), data: Bytes::from(data.unwrap()) };
        Call { from: world.link, to: world.pool, data: callback.abi_encode() }
    }

    fn direct(&self, model: &Pool, world: &World) -> (Address, Vec<u8>) {
        let accounts = &world.accounts;
        let owner = world.timelock;
        match *self {
            Self::StakeApproved { staker, node, amount } => {
                (staker, pool::stakeCall { node, amount: U256::from(amount) }.abi_encode())
            }
            Self::Unbond { staker, node, shares } => (staker, pool::unbondCall { node, shares: U256::from(shares) }.abi_encode()),
            Self::Cancel { staker, node, ticket } => (staker, pool::cancelUnbondCall { node, ticket }.abi_encode()),
            Self::Withdraw { by, staker, node, ticket } => (by, pool::withdrawCall { node, staker, ticket }.abi_encode()),
            Self::WithdrawRetired { by, staker, node } => (by, pool::withdrawRetiredCall { node, staker }.abi_encode()),
            Self::Restake { staker, node, ticket, target } => (staker, pool::restakeCall { node, ticket, target }.abi_encode()),
            Self::Claim { by, staker, node } => (by, pool::claimCall { node, staker }.abi_encode()),
            Self::Compound { staker, node, target } => (staker, pool::compoundCall { node, target }.abi_encode()),
            Self::PayFees => (model.totals().fee_recipient, pool::payFeesCall {}.abi_encode()),
            Self::PaySink { by } => (by, pool::paySinkCall {}.abi_encode()),
            Self::Register { wallet } => {
                let call = pool::registerNodeCall { wallet, deadline: U256::ZERO, proof: Bytes::new() };
                (accounts.registrar, call.abi_encode())
            }
            Self::Close { by, node } => (by, pool::closeNodeCall { node }.abi_encode()),
            Self::Reopen { node } => (accounts.guardian, pool::reopenNodeCall { node }.abi_encode()),
            Self::Retire { node, index } => (owner, pool::retireNodeCall { node, index: U256::from(index) }.abi_encode()),
            Self::SetCap { node, cap_link } => (owner, pool::setCapCall { node, capLink: cap_link }.abi_encode()),
            Self::Request { node, bps, fault_at } => {
                let call = pool::requestPenaltyCall { node, bps, evidence: B256::ZERO, faultAt: U40::from(fault_at) };
                (accounts.slasher, call.abi_encode())
            }
            Self::Veto { node } => (accounts.guardian, pool::vetoPenaltyCall { node }.abi_encode()),
            Self::Execute { node } => (accounts.slasher, pool::executePenaltyCall { node }.abi_encode()),
            Self::Pause { until } => (accounts.guardian, pool::pauseCall { until: U40::from(until) }.abi_encode()),
            Self::SetFee { fee_bps } => (owner, pool::setFeeCall { feeBps: fee_bps }.abi_encode()),
            Self::LowerFee { fee_bps } => (model.totals().fee_recipient, pool::setFeeCall { feeBps: fee_bps }.abi_encode()),
            Self::SetFeeRecipient { fee_recipient } => {
                (owner, pool::setFeeRecipientCall { feeRecipient: fee_recipient }.abi_encode())
            }
            Self::SetDefaultCap { cap_link } => (owner, pool::setDefaultCapCall { capLink: cap_link }.abi_encode()),
            Self::SetCeiling { ceiling } => (owner, pool::setCeilingCall { ceiling }.abi_encode()),
            Self::SetProofless { allowed } => (owner, pool::setProoflessCall { allowed }.abi_encode()),
            Self::Report { size } => (accounts.reporter, pool::reportNetworkCall { size }.abi_encode()),
            Self::Stake { .. } | Self::Reward { .. } => unreachable!("these go through LINK"),
        }
    }
}

fn by_link(world: &World, from: Address, parts: &[(Address, u128)], data: Option<Vec<u8>>) -> Call {
    let data = Bytes::from(data.unwrap());
    let call = link::transferAndCallCall { _to: world.pool, _value: U256::from(sum(parts)), _data: data };
    Call { from, to: world.link, data: call.abi_encode() }
}

fn sum(parts: &[(Address, u128)]) -> u128 {
    parts.iter().map(|(_, amount)| amount).sum()
}
