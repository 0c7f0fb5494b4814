//! Answers `eth_call` on a generated chain: the pool's views, one by one or many at once through Multicall3.

#![allow(missing_debug_implementations)]

use alloy::{
    primitives::{Address, Bytes, U256, address, aliases::U40},
    sol,
    sol_types::{SolCall, SolInterface},
};
use linkpool_contracts::pool::{self, StakingPoolCalls as Call, Terms};

use crate::{
    chain::{DEPLOY_BLOCK, LINK, POOL, Replay},
    terms,
};

/// Where Multicall3 stands on most chains, and on this one since its first block.
pub const MULTICALL: Address = address!("ca11bde05977b3631167028862be2a173976ca11");

// The names are Multicall3's own.
sol! {
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct CallResult {
        bool success;
        bytes returnData;
    }

    function aggregate3(Call3[] calls) external payable returns (CallResult[] returnData);
}

/// What a call without an answer got: a revert without data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reverted;

/// Whether there is a contract at the address after `block`.
pub fn has_code(block: u64, address: Address) -> bool {
    address == MULTICALL || ([POOL, LINK].contains(&address) && block >= DEPLOY_BLOCK)
}

/// Answers a call as of the state after `block`.
pub fn call(replay: &Replay, block: u64, to: Address, data: &[u8]) -> Result<Vec<u8>, Reverted> {
    if to == MULTICALL { multicall(replay, block, data) } else { call_one(replay, block, to, data) }
}

fn multicall(replay: &Replay, block: u64, data: &[u8]) -> Result<Vec<u8>, Reverted> {
    let asked = aggregate3Call::abi_decode(data).map_err(|_| Reverted)?;
    let mut results = Vec::with_capacity(asked.calls.len());
    for inner in asked.calls {
        results.push(match call_one(replay, block, inner.target, &inner.callData) {
            Ok(data) => CallResult { success: true, returnData: Bytes::from(data) },
            Err(Reverted) if inner.allowFailure => CallResult { success: false, returnData: Bytes::new() },
            Err(Reverted) => return Err(Reverted),
        });
    }
    Ok(aggregate3Call::abi_encode_returns(&results))
}

/// The EVM's rule: a call of an address without code succeeds with nothing. Of the contracts, the pool alone answers.
fn call_one(replay: &Replay, block: u64, to: Address, data: &[u8]) -> Result<Vec<u8>, Reverted> {
    if !has_code(block, to) {
        return Ok(Vec::new());
    }
    // Numbers of generated chains fit.
    let block = u32::try_from(block).map_err(|_| Reverted)?;
    if to == POOL { view(replay, block, data) } else { Err(Reverted) }
}

fn view(replay: &Replay, block: u32, data: &[u8]) -> Result<Vec<u8>, Reverted> {
    let history = &replay.history;
    let index = |argument: U256| usize::try_from(argument).map_err(|_| Reverted);
    Ok(match Call::abi_decode(data).map_err(|_| Reverted)? {
        Call::terms(_) => pool::termsCall::abi_encode_returns(&contract_terms()),
        Call::totals(_) => pool::totalsCall::abi_encode_returns(&history.totals.at(block).ok_or(Reverted)?),
        Call::registry(_) => pool::registryCall::abi_encode_returns(&history.registry.at(block).ok_or(Reverted)?),
        Call::penaltySlots(_) => {
            pool::penaltySlotsCall::abi_encode_returns(&history.penalty_slots.at(block).unwrap_or_default().map(U40::from))
        }
        Call::nodeCount(_) => pool::nodeCountCall::abi_encode_returns(&U256::from(history.entries(block).len())),
        Call::nodeAt(call) => {
            let entry = history.entries(block).nth(index(call.index)?).ok_or(Reverted)?;
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
