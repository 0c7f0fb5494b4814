//! What a transaction is checked against before it gets a nonce, so that what would fail costs nothing.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use linkpool_chain::{Chain, Draft, Error as ChainError, Heads};
use linkpool_contracts::refusal;
use linkpool_db::tx::TransactionRequest;
use linkpool_primitives::Address;

use crate::Result;

/// What is to be done with a transaction request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may be sent, with this gas limit.
    Ready { gas_limit: u64 },
    /// It has happened already.
    AlreadyDone,
    /// Not now: a sentence, and when to ask again.
    Deferred { reason: String, retry_in: Duration },
    /// What it was made of has run out; whoever made it makes another.
    Expired { reason: String },
    /// Never: whoever asked for it is told at once.
    Refused { reason: String },
}

/// The rules of whoever hands transactions in.
#[async_trait]
pub trait Preflight: fmt::Debug + Send + Sync {
    /// What is known against it before the contract is asked.
    async fn before(&self, chain: &Chain, heads: &Heads, request: &TransactionRequest) -> Result<Option<Verdict>>;

    /// The contract would refuse it: in its own words, with its error's name and sentence where they are known.
    fn refused(&self, request: &TransactionRequest, message: &str, refusal: Option<(String, String)>) -> Verdict;
}

/// The rules of people, who are told at once: they know what to do about a refusal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

#[async_trait]
impl Preflight for Plain {
    async fn before(&self, _: &Chain, _: &Heads, _: &TransactionRequest) -> Result<Option<Verdict>> {
        Ok(None)
    }

    fn refused(&self, _: &TransactionRequest, message: &str, refusal: Option<(String, String)>) -> Verdict {
        Verdict::Refused { reason: said(message, refusal) }
    }
}

/// Asks whether it is needed still, then the rules of whoever made it, then the contract.
pub(crate) async fn check(
    rules: &dyn Preflight,
    (chain, heads): (&Chain, &Heads),
    from: Address,
    request: &TransactionRequest,
) -> Result<Verdict> {
    if let (Some(enough_wei), Some(wallet)) = (request.enough_wei, request.recipient)
        && chain.balance(wallet).await? >= enough_wei
    {
        return Ok(Verdict::AlreadyDone);
    }
    if let Some(verdict) = rules.before(chain, heads, request).await? {
        return Ok(verdict);
    }
    let draft = Draft { from, to: request.recipient, value_wei: request.value_wei, data: &request.data };
    match chain.estimate_gas(draft).await {
        Ok(gas) => Ok(Verdict::Ready { gas_limit: with_margin(gas) }),
        Err(ChainError::Reverted { message, data }) => Ok(rules.refused(request, &message, refusal(&data))),
        Err(error @ (ChainError::Rpc { .. } | ChainError::NoMethod { .. })) => Ok(deferred(request, error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// The state may differ a little when the transaction is mined: others are mined in the same block.
pub fn with_margin(gas: u64) -> u64 {
    if gas <= 21_000 { gas } else { gas + gas / 4 + 10_000 }
}

/// The contract's own sentence, or the endpoint's words.
pub fn said(message: &str, refusal: Option<(String, String)>) -> String {
    refusal.map_or_else(|| message.to_owned(), |(_, sentence)| sentence)
}

/// Asked again after 5, 10, 20 ... 60 seconds.
pub fn deferred(request: &TransactionRequest, reason: String) -> Verdict {
    let seconds = 60.min(5u64 << request.attempts.min(4));
    Verdict::Deferred { reason, retry_in: Duration::from_secs(seconds) }
}

#[cfg(test)]
mod tests {
    use alloy::sol_types::SolError;
    use linkpool_contracts::pool::NodeNotOpen;
    use linkpool_db::tx::TransactionKind;

    use super::*;

    #[test]
    fn an_operator_is_told_at_once_in_the_contracts_sentence() {
        let request = TransactionRequest {
            id: 1,
            kind: TransactionKind::Close,
            node_id: None,
            recipient: Some(Address::ZERO),
            value_wei: 0,
            data: vec![],
            enough_wei: None,
            attempts: 0,
        };
        let data = NodeNotOpen { node: Address::ZERO }.abi_encode();
        let Verdict::Refused { reason } = Plain.refused(&request, "execution reverted", refusal(&data)) else {
            panic!("not refused")
        };
        assert!(reason.contains("0x0000000000000000000000000000000000000000"), "{reason}");
    }
}
