//! Whether an intent would succeed now: asked before it gets a nonce, so that what fails costs nothing.

use std::time::Duration;

use alloy::sol_types::SolCall;
use linkpool_chain::{Draft, Error as ChainError};
use linkpool_contracts::{pool::registerNodeCall, refusal};
use linkpool_db::registrar::{Intent, IntentKind};

use super::{Pass, Transactor};
use crate::Result;

/// A consent that ends within this time is not used: the transaction may take as long to be mined.
const LEAST_VALIDITY: Duration = Duration::from_secs(300);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be sent, with this gas limit.
    Ready { gas_limit: u64 },
    /// It has happened already.
    Needless,
    /// Not now: a sentence, and when to ask again.
    NotYet { reason: String, retry_in: Duration },
    /// The wallet must consent anew.
    Void { reason: String },
}

impl Transactor {
    pub(super) async fn check(&self, pass: &Pass, intent: &Intent) -> Result<Verdict> {
        match intent.kind {
            IntentKind::Fund => {
                let balance_wei = self.context.chain.balance(intent.recipient).await?;
                if balance_wei >= self.context.config.funding.initial_wei {
                    return Ok(Verdict::Needless);
                }
            }
            IntentKind::Register => {
                let expires = registerNodeCall::abi_decode(&intent.data).ok().and_then(|call| u64::try_from(call.deadline).ok());
                if expires.unwrap_or(0) < pass.heads.head.timestamp + LEAST_VALIDITY.as_secs() {
                    return Ok(Verdict::Void {
                        reason: "the wallet's signature is about to expire; a new one is asked for".into(),
                    });
                }
            }
        }
        let draft =
            Draft { from: self.context.account.address, to: intent.recipient, value_wei: intent.value_wei, data: &intent.data };
        match self.context.chain.estimate_gas(draft).await {
            Ok(gas) => Ok(Verdict::Ready { gas_limit: with_margin(gas) }),
            Err(ChainError::Reverted { message, data }) => Ok(reverts(intent, &message, &data)),
            Err(ChainError::Rpc { message, .. }) => Ok(not_yet(intent, message)),
            Err(error) => Err(error.into()),
        }
    }
}

/// The state may differ a little when the transaction is mined: other nodes are registered in the same block.
fn with_margin(gas: u64) -> u64 {
    if gas <= 21_000 { gas } else { gas + gas / 4 + 10_000 }
}

fn reverts(intent: &Intent, message: &str, data: &[u8]) -> Verdict {
    match refusal(data) {
        Some((name, _)) if name == "AlreadyRegistered" => Verdict::Needless,
        Some((name, sentence)) if name == "ProofExpired" || name == "InvalidProof" => Verdict::Void { reason: sentence },
        Some((_, sentence)) => not_yet(intent, format!("the contract refuses the registration: {sentence}")),
        None => not_yet(intent, format!("the {} would fail: {message}", intent.kind.as_str())),
    }
}

/// Asked again after 5, 10, 20 ... 60 seconds.
fn not_yet(intent: &Intent, reason: String) -> Verdict {
    let seconds = 60.min(5u64 << intent.attempts.min(4));
    Verdict::NotYet { reason, retry_in: Duration::from_secs(seconds) }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{Address, U256},
        sol_types::SolError,
    };
    use linkpool_contracts::pool::{AlreadyRegistered, ProofExpired, RegistrationLimit};

    use super::*;

    fn intent(attempts: u32) -> Intent {
        Intent {
            id: 1,
            kind: IntentKind::Register,
            node_id: None,
            recipient: Address::ZERO,
            value_wei: 0,
            data: vec![],
            attempts,
        }
    }

    #[test]
    fn a_wallet_that_is_registered_needs_no_transaction() {
        let data = AlreadyRegistered { wallet: Address::ZERO }.abi_encode();
        assert_eq!(reverts(&intent(0), "execution reverted", &data), Verdict::Needless);
    }

    #[test]
    fn an_expired_consent_is_asked_for_again() {
        let data = ProofExpired { deadline: U256::from(1) }.abi_encode();
        assert!(matches!(reverts(&intent(0), "execution reverted", &data), Verdict::Void { .. }));
    }

    #[test]
    fn a_limit_of_the_contract_is_waited_out_with_its_own_sentence() {
        let data = RegistrationLimit { nextAt: U256::from(1_795_345_200u64) }.abi_encode();
        let wait = |attempts| match reverts(&intent(attempts), "execution reverted", &data) {
            Verdict::NotYet { reason, retry_in } if reason.contains("2026-11-22T11:00:00Z") => retry_in.as_secs(),
            verdict => panic!("{verdict:?}"),
        };
        assert_eq!([wait(0), wait(1), wait(3), wait(9)], [5, 10, 40, 60]);
    }
}
