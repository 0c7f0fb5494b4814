//! Registering a node: its wallet's consent runs out, and the contract's limits pass.

use std::time::Duration;

use alloy::sol_types::SolCall;
use linkpool_contracts::pool::registerNodeCall;
use linkpool_db::tx::Intent;

use super::{Verdict, not_yet, said};

/// A consent that ends within this time is not used: the transaction may take as long to be mined.
const LEAST_VALIDITY: Duration = Duration::from_secs(300);

/// Whether the consent is too old, at the head's time in Unix seconds.
pub(super) fn expired(intent: &Intent, now: u64) -> Option<Verdict> {
    let expires = registerNodeCall::abi_decode(&intent.data).ok().and_then(|call| u64::try_from(call.deadline).ok());
    let is_good = expires.unwrap_or(0) >= now.saturating_add(LEAST_VALIDITY.as_secs());
    let reason = "the wallet's signature is about to expire; a new one is asked for";
    (!is_good).then(|| Verdict::Void { reason: reason.into() })
}

/// The contract's refusal, by its name.
pub(super) fn refused(intent: &Intent, message: &str, refusal: Option<(String, String)>) -> Verdict {
    match refusal {
        Some((name, _)) if name == "AlreadyRegistered" => Verdict::Needless,
        Some((name, sentence)) if name == "ProofExpired" || name == "InvalidProof" => Verdict::Void { reason: sentence },
        Some((_, sentence)) => not_yet(intent, format!("the contract refuses the registration: {sentence}")),
        None => not_yet(intent, format!("the registration would fail: {}", said(message, None))),
    }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{Address, U256},
        sol_types::SolError,
    };
    use linkpool_contracts::{
        pool::{AlreadyRegistered, ProofExpired, RegistrationLimit},
        refusal,
    };
    use linkpool_db::tx::IntentKind;

    use super::*;

    fn intent(attempts: u32) -> Intent {
        Intent {
            id: 1,
            kind: IntentKind::Register,
            node_id: None,
            recipient: Some(Address::ZERO),
            value_wei: 0,
            data: vec![],
            enough_wei: None,
            attempts,
        }
    }

    fn verdict(attempts: u32, data: &[u8]) -> Verdict {
        refused(&intent(attempts), "execution reverted", refusal(data))
    }

    #[test]
    fn a_wallet_that_is_registered_needs_no_transaction() {
        let data = AlreadyRegistered { wallet: Address::ZERO }.abi_encode();
        assert_eq!(verdict(0, &data), Verdict::Needless);
    }

    #[test]
    fn an_expired_consent_is_asked_for_again() {
        let data = ProofExpired { deadline: U256::from(1) }.abi_encode();
        assert!(matches!(verdict(0, &data), Verdict::Void { .. }));
        assert!(matches!(expired(&intent(0), 0), Some(Verdict::Void { .. })));
    }

    #[test]
    fn a_limit_of_the_contract_is_waited_out_with_its_own_sentence() {
        let data = RegistrationLimit { nextAt: U256::from(1_795_345_200u64) }.abi_encode();
        let wait = |attempts| match verdict(attempts, &data) {
            Verdict::NotYet { reason, retry_in } if reason.contains("2026-11-22T11:00:00Z") => retry_in.as_secs(),
            verdict => panic!("{verdict:?}"),
        };
        assert_eq!([wait(0), wait(1), wait(3), wait(9)], [5, 10, 40, 60]);
    }
}
