//! What a node's transactions are checked against: its wallet runs no code, its consent runs out, and the contract's limits pass.

use std::time::Duration;

use alloy::sol_types::SolCall;
use async_trait::async_trait;
use linkpool_chain::{Chain, Heads};
use linkpool_contracts::pool::registerNodeCall;
use linkpool_tx_manager::{Plain, Preflight, TransactionKind, TransactionRequest, Verdict, deferred, said};

/// A consent that ends within this time is not used: the transaction may take as long to be mined.
const LEAST_VALIDITY_PERIOD: Duration = Duration::from_secs(300);

/// The registrar asks again for what is refused, because the reason may pass. What people queue on its account is theirs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NodePreflight;

#[async_trait]
impl Preflight for NodePreflight {
    async fn before(
        &self,
        chain: &Chain,
        heads: &Heads,
        request: &TransactionRequest,
    ) -> linkpool_tx_manager::Result<Option<Verdict>> {
        match (request.kind, request.recipient) {
            (TransactionKind::Fund | TransactionKind::TopUp, Some(wallet)) if chain.has_code(wallet).await? => {
                // It could take the ether away at once, burn all gas that it is given, or refuse with words of its own.
                let reason = "the wallet has code now: it gets no ether, because a node's wallet runs none";
                Ok(Some(deferred(request, reason.into())))
            }
            (TransactionKind::Register, _) => Ok(expired(request, heads.head.timestamp)),
            _ => Ok(None),
        }
    }

    fn refused(&self, request: &TransactionRequest, message: &str, refusal: Option<(String, String)>) -> Verdict {
        match request.kind {
            TransactionKind::Register => registration_refused(request, message, refusal),
            TransactionKind::Fund | TransactionKind::TopUp => {
                deferred(request, format!("the payment would fail: {}", said(message, refusal)))
            }
            _ => Plain.refused(request, message, refusal),
        }
    }
}

/// Whether the consent is too old, at the head's time in Unix seconds.
fn expired(request: &TransactionRequest, now: u64) -> Option<Verdict> {
    let expires = registerNodeCall::abi_decode(&request.data).ok().and_then(|call| u64::try_from(call.deadline).ok());
    let is_good = expires.unwrap_or(0) >= now.saturating_add(LEAST_VALIDITY_PERIOD.as_secs());
    let reason = "the wallet's signature is about to expire; a new one is asked for";
    (!is_good).then(|| Verdict::Expired { reason: reason.into() })
}

/// The contract's refusal, by its name.
fn registration_refused(request: &TransactionRequest, message: &str, refusal: Option<(String, String)>) -> Verdict {
    match refusal {
        Some((name, _)) if name == "AlreadyRegistered" => Verdict::AlreadyDone,
        Some((name, sentence)) if name == "ProofExpired" || name == "InvalidProof" => Verdict::Expired { reason: sentence },
        Some((_, sentence)) => deferred(request, format!("the contract refuses the registration: {sentence}")),
        None => deferred(request, format!("the registration would fail: {}", said(message, None))),
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

    use super::*;

    fn request(kind: TransactionKind, attempts: u32) -> TransactionRequest {
        TransactionRequest {
            id: 1,
            kind,
            node_id: None,
            recipient: Some(Address::ZERO),
            value_wei: 0,
            data: vec![],
            enough_wei: None,
            attempts,
        }
    }

    fn verdict(attempts: u32, data: &[u8]) -> Verdict {
        NodePreflight.refused(&request(TransactionKind::Register, attempts), "execution reverted", refusal(data))
    }

    #[test]
    fn a_wallet_that_is_registered_needs_no_transaction() {
        let data = AlreadyRegistered { wallet: Address::ZERO }.abi_encode();
        assert_eq!(verdict(0, &data), Verdict::AlreadyDone);
    }

    #[test]
    fn an_expired_consent_is_asked_for_again() {
        let data = ProofExpired { deadline: U256::from(1) }.abi_encode();
        assert!(matches!(verdict(0, &data), Verdict::Expired { .. }));
        assert!(matches!(expired(&request(TransactionKind::Register, 0), 0), Some(Verdict::Expired { .. })));
    }

    #[test]
    fn a_limit_of_the_contract_is_waited_out_with_its_own_sentence() {
        let data = RegistrationLimit { nextAt: U256::from(1_795_345_200u64) }.abi_encode();
        let wait = |attempts| match verdict(attempts, &data) {
            Verdict::Deferred { reason, retry_in } if reason.contains("2026-11-22T11:00:00Z") => retry_in.as_secs(),
            verdict => panic!("{verdict:?}"),
        };
        assert_eq!([wait(0), wait(1), wait(3), wait(9)], [5, 10, 40, 60]);
    }

    #[test]
    fn a_payment_that_fails_is_tried_again_and_what_a_person_asked_for_is_refused_at_once() {
        let refused = |kind| NodePreflight.refused(&request(kind, 0), "out of luck", None);
        let (reason, retry_in) = ("the payment would fail: out of luck".to_owned(), Duration::from_secs(5));
        let again = Verdict::Deferred { reason, retry_in };
        assert_eq!([refused(TransactionKind::Fund), refused(TransactionKind::TopUp)], [again.clone(), again]);
        assert_eq!(refused(TransactionKind::Close), Verdict::Refused { reason: "out of luck".into() });
    }
}
