//! What each kind of transaction knows about itself: asked before it gets a nonce, so that what would fail costs nothing.

mod register;

use std::time::Duration;

use linkpool_chain::{Draft, Error as ChainError, Heads};
use linkpool_contracts::refusal;
use linkpool_db::tx::{Intent, IntentKind};

use crate::{Result, Sender};

/// What is to be done with an intent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may be sent, with this gas limit.
    Ready { gas_limit: u64 },
    /// It has happened already.
    Needless,
    /// Not now: a sentence, and when to ask again.
    NotYet { reason: String, retry_in: Duration },
    /// The wallet must consent anew.
    Void { reason: String },
    /// Never: whoever asked for it is told at once.
    Refused { reason: String },
}

/// Asks the kind, then the contract.
pub(crate) async fn verdict(sender: &Sender, heads: &Heads, intent: &Intent) -> Result<Verdict> {
    if let (Some(enough_wei), Some(wallet)) = (intent.enough_wei, intent.recipient)
        && sender.chain.balance(wallet).await? >= enough_wei
    {
        return Ok(Verdict::Needless);
    }
    if let (IntentKind::Fund | IntentKind::TopUp, Some(wallet)) = (intent.kind, intent.recipient)
        && sender.chain.has_code(wallet).await?
    {
        // It could take the ether away at once, burn all gas that it is given, or refuse with words of its own.
        return Ok(not_yet(intent, "the wallet has code now: it gets no ether, because a node's wallet runs none".into()));
    }
    if intent.kind == IntentKind::Register
        && let Some(void) = register::expired(intent, heads.head.timestamp)
    {
        return Ok(void);
    }
    let draft = Draft { from: sender.account.address, to: intent.recipient, value_wei: intent.value_wei, data: &intent.data };
    match sender.chain.estimate_gas(draft).await {
        Ok(gas) => Ok(Verdict::Ready { gas_limit: with_margin(gas) }),
        Err(ChainError::Reverted { message, data }) => Ok(refused(intent, &message, &data)),
        Err(error @ (ChainError::Rpc { .. } | ChainError::NoMethod { .. })) => Ok(not_yet(intent, error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// The state may differ a little when the transaction is mined: other nodes are registered in the same block.
pub fn with_margin(gas: u64) -> u64 {
    if gas <= 21_000 { gas } else { gas + gas / 4 + 10_000 }
}

/// The contract says no. What a role asks for is asked again, because the reason may pass; a person is told at once.
fn refused(intent: &Intent, message: &str, data: &[u8]) -> Verdict {
    let refusal = refusal(data);
    match intent.kind {
        IntentKind::Register => register::refused(intent, message, refusal),
        IntentKind::Fund | IntentKind::TopUp => not_yet(intent, format!("the payment would fail: {}", said(message, refusal))),
        _ => Verdict::Refused { reason: said(message, refusal) },
    }
}

/// The contract's own sentence, or the endpoint's words.
fn said(message: &str, refusal: Option<(String, String)>) -> String {
    refusal.map_or_else(|| message.to_owned(), |(_, sentence)| sentence)
}

/// Asked again after 5, 10, 20 ... 60 seconds.
fn not_yet(intent: &Intent, reason: String) -> Verdict {
    let seconds = 60.min(5u64 << intent.attempts.min(4));
    Verdict::NotYet { reason, retry_in: Duration::from_secs(seconds) }
}

#[cfg(test)]
mod tests {
    use alloy::{primitives::Address, sol_types::SolError};
    use linkpool_contracts::pool::NodeNotOpen;

    use super::*;

    #[test]
    fn an_operator_is_told_at_once_in_the_contracts_sentence() {
        let intent = Intent {
            id: 1,
            kind: IntentKind::Close,
            node_id: None,
            recipient: Some(Address::ZERO),
            value_wei: 0,
            data: vec![],
            enough_wei: None,
            attempts: 0,
        };
        let data = NodeNotOpen { node: Address::ZERO }.abi_encode();
        let Verdict::Refused { reason } = refused(&intent, "execution reverted", &data) else { panic!("not refused") };
        assert!(reason.contains("0x0000000000000000000000000000000000000000"), "{reason}");
    }
}
