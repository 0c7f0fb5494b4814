//! `eth_call` of the pool's views, and of many at once through Multicall3.

#![allow(missing_debug_implementations)]

use alloy::{
    primitives::{Address, Bytes, U256, address, aliases::U40},
    sol,
    sol_types::{SolCall, SolInterface},
};
use linkpool_contracts::pool::{self, StakingPoolCalls as Call, Terms};

use crate::{
    chain::{LINK, POOL, Replay},
    terms,
};

/// Where Multicall3 stands on most chains.
pub const MULTICALL: Address = address!("ca11bde05977b3631167028862be2a173976ca11");

sol! {
    struct Inner {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Outcome {
        bool success;
        bytes returnData;
    }

    function aggregate3(Inner[] calls) external payable returns (Outcome[] outcomes);
}

/// What a call without an answer got: a revert without data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reverted;

/// Whether there is a contract.
pub fn has_code(address: Address) -> bool {
    [POOL, LINK, MULTICALL].contains(&address)
}

/// Answers a call as of the state after `block`.
pub fn call(replay: &Replay, block: u64, to: Address, data: &[u8]) -> Result<Vec<u8>, Reverted> {
    // Numbers of generated chains fit.
    let block = u32::try_from(block).map_err(|_| Reverted)?;
    if to == MULTICALL {
        return multicall(replay, block, data);
    }
    if u64::from(block) < crate::chain::DEPLOY_BLOCK {
        // There is no contract yet: a call of nothing succeeds with nothing.
        return Ok(Vec::new());
    }
    if to == POOL { view(replay, block, data) } else { Err(Reverted) }
}

fn multicall(replay: &Replay, block: u32, data: &[u8]) -> Result<Vec<u8>, Reverted> {
    let asked = aggregate3Call::abi_decode(data).map_err(|_| Reverted)?;
    let mut outcomes = Vec::with_capacity(asked.calls.len());
    for inner in asked.calls {
        let answer = if inner.target == POOL { view(replay, block, &inner.callData) } else { Err(Reverted) };
        outcomes.push(match answer {
            Ok(data) => Outcome { success: true, returnData: Bytes::from(data) },
            Err(Reverted) if inner.allowFailure => Outcome { success: false, returnData: Bytes::new() },
            Err(Reverted) => return Err(Reverted),
        });
    }
    Ok(aggregate3Call::abi_encode_returns(&outcomes))
}

fn view(replay: &Replay, block: u32, data: &[u8]) -> Result<Vec<u8>, Reverted> {
    let history = &replay.history;
    let number = |of: U256| usize::try_from(of).map_err(|_| Reverted);
    Ok(match Call::abi_decode(data).map_err(|_| Reverted)? {
        Call::terms(_) => pool::termsCall::abi_encode_returns(&contract_terms()),
        Call::totals(_) => pool::totalsCall::abi_encode_returns(&history.totals(block).ok_or(Reverted)?),
        Call::registry(_) => pool::registryCall::abi_encode_returns(&history.registry(block).ok_or(Reverted)?),
        Call::penaltySlots(_) => pool::penaltySlotsCall::abi_encode_returns(&history.penalty_slots(block).map(U40::from)),
        Call::nodeCount(_) => pool::nodeCountCall::abi_encode_returns(&U256::from(history.entries(block).len())),
        Call::nodeAt(call) => {
            let entry = history.entries(block).nth(number(call.index)?).ok_or(Reverted)?;
            pool::nodeAtCall::abi_encode_returns(entry)
        }
        Call::nodeOf(call) => {
            let node = history.node(block, call.node);
            // A mapping answers for every key.
            node.map_or_else(|| vec![0; 32 * terms::NODE_WORDS], |node| pool::nodeOfCall::abi_encode_returns(&node))
        }
        Call::positionOf(call) => {
            let position = history.position(block, call.node, call.staker);
            position.map_or_else(|| vec![0; 32 * 3], |position| pool::positionOfCall::abi_encode_returns(&position))
        }
        Call::ticketOf(call) => {
            let ticket = history.ticket(block, call.node, call.staker, call.ticket);
            ticket.map_or_else(|| vec![0; 32 * 2], |ticket| pool::ticketOfCall::abi_encode_returns(&ticket))
        }
        Call::owner(_) => pool::ownerCall::abi_encode_returns(&terms::OWNER),
        Call::pendingOwner(_) => pool::pendingOwnerCall::abi_encode_returns(&Address::ZERO),
        Call::offerEndsAt(_) => pool::offerEndsAtCall::abi_encode_returns(&U40::ZERO),
        Call::rolesOf(call) => pool::rolesOfCall::abi_encode_returns(&terms::roles_of(call.account)),
        _ => return Err(Reverted),
    })
}

fn contract_terms() -> Terms {
    terms::terms()
}
