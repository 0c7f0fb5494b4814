//! What requests have paid against the Operators themselves: each holds what was paid for those that nobody has answered yet.

use std::collections::BTreeMap;

use alloy::primitives::U256;
use linkpool_chain::Error::Absent;
use linkpool_contracts::{
    link::balanceOfCall,
    operator::{runtime_code, withdrawableCall},
};
use linkpool_db::state::StateReader;
use linkpool_primitives::{Address, checksum};

use super::{Subject, Verification, contract::Contract};
use crate::{Error, Result};

pub(super) async fn compare(
    reader: &mut StateReader,
    contract: &Contract<'_>,
    (link, start): (Address, u64),
    found: &mut Verification,
) -> Result<()> {
    let block = reader.block().number;
    for (operator, paid) in reader.unanswered(block).await? {
        let escrow = match escrow(contract, link, operator).await {
            Ok(escrow) if escrow == U256::from(paid) => continue,
            escrow => escrow,
        };
        // Whoever names another contract has its word, whatever it is, and nothing fails by it.
        if !is_chainlinks(contract, link, operator, block).await? {
            found.notes.push(not_chainlinks(operator));
            continue;
        }
        let escrow = escrow?;
        match is_older(contract, operator, start).await {
            Some(false) => found.compare(Subject::Operator(operator), "unanswered juels", &U256::from(paid), &escrow),
            is_older => found.notes.push(unknown(operator, is_older)),
        }
    }
    Ok(())
}

/// Whether the events up to a block say something else of an Operator than it says at that block.
pub(super) async fn differs(
    reader: &mut StateReader,
    contract: &Contract<'_>,
    (link, operator): (Address, Address),
    block: u64,
) -> Result<bool> {
    let paid: BTreeMap<Address, u128> = reader.unanswered(block).await?.into_iter().collect();
    let escrow = match escrow(contract, link, operator).await {
        // Before its own block it holds nothing.
        Err(Error::Chain(Absent { .. })) => U256::ZERO,
        escrow => escrow?,
    };
    Ok(U256::from(paid.get(&operator).copied().unwrap_or_default()) != escrow)
}

/// What it holds and its owner may not withdraw.
async fn escrow(contract: &Contract<'_>, link: Address, operator: Address) -> Result<U256> {
    let (held, withdrawable) = (balanceOfCall { _owner: operator }, withdrawableCall {});
    let (held, withdrawable) = tokio::try_join!(
        contract.chain.call_at(link, &held, contract.at),
        contract.chain.call_at(operator, &withdrawable, contract.at)
    )?;
    Ok(held.saturating_sub(withdrawable))
}

/// Whether its code is that of Chainlink's Operator: another contract may tell of one thing and hold another.
async fn is_chainlinks(contract: &Contract<'_>, link: Address, operator: Address, block: u64) -> Result<bool> {
    Ok(contract.chain.code_at(operator, block).await? == runtime_code(link))
}

/// Whether it was there before the pool was: nobody has read what it was asked then. `None` where the endpoint does not know any more.
async fn is_older(contract: &Contract<'_>, operator: Address, start: u64) -> Option<bool> {
    contract.chain.code_at(operator, start).await.ok().map(|code| !code.is_empty())
}

fn not_chainlinks(operator: Address) -> String {
    format!(
        "{} was named for a node and is not Chainlink's Operator: what its logs tell and what it holds are two things, and the node's figures \
         are its word alone; `linkpool node operator` names another",
        checksum(&operator)
    )
}

fn unknown(operator: Address, is_older: Option<bool>) -> String {
    let name = checksum(&operator);
    match is_older {
        Some(_) => format!(
            "the Operator {name} is older than the pool: what it was asked before is not read, and may be what it still holds"
        ),
        None => format!(
            "the Operator {name} holds more or less than its requests have paid: an archive endpoint tells whether it is older than the pool, \
             which would be why"
        ),
    }
}
