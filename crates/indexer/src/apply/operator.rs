//! From a log of a node's Operator to its event.

use alloy::{
    primitives::{U256, uint},
    sol_types::SolEventInterface,
};
use linkpool_chain::Log;
use linkpool_contracts::operator::Operator::{
    AuthorizedSendersChanged, CancelOracleRequest, OperatorEvents as OfOperator, OracleRequest, OracleResponse,
    OwnershipTransferred,
};
use linkpool_primitives::{ContractEventKind, checksum};
use serde_json::json;

use super::read::{Read, seconds};

/// All LINK that there can be, in juels. Who tells of more is no Operator of Chainlink's.
const MAX_PAYMENT: U256 = uint!(1_000_000_000_000_000_000_000_000_000_U256);
/// Who may answer, as far as it is told. Nearly always it is one.
const SHOWN_SENDERS: usize = 100;

/// The event; `None` for one that says nothing of requests, nor of who may answer or withdraw, and for what Chainlink's Operator does not emit:
/// its code is what it is, so nobody's executable is too old for that, and whoever names another contract gets nothing of it.
pub(super) fn of_operator(log: &Log) -> Option<Read> {
    match OfOperator::decode_raw_log(&log.topics, &log.data).ok()? {
        OfOperator::OracleRequest(event) => requested(&event),
        OfOperator::OracleResponse(OracleResponse { requestId }) => {
            Some((ContractEventKind::OracleResponse, Some(requestId), json!({})))
        }
        OfOperator::CancelOracleRequest(CancelOracleRequest { requestId }) => {
            Some((ContractEventKind::CancelOracleRequest, Some(requestId), json!({})))
        }
        OfOperator::AuthorizedSendersChanged(AuthorizedSendersChanged { senders, changedBy }) => {
            let shown: Vec<String> = senders.iter().take(SHOWN_SENDERS).map(checksum).collect();
            let detail = json!({ "senders": shown, "count": senders.len(), "changed_by": checksum(&changedBy) });
            Some((ContractEventKind::AuthorizedSendersChanged, None, detail))
        }
        OfOperator::OwnershipTransferred(OwnershipTransferred { from, to }) => {
            let detail = json!({ "from": checksum(&from), "to": checksum(&to) });
            Some((ContractEventKind::OwnershipTransferred, None, detail))
        }
        OfOperator::OwnershipTransferRequested(_)
        | OfOperator::OwnableContractAccepted(_)
        | OfOperator::TargetsUpdatedAuthorizedSenders(_) => None,
    }
}

fn requested(event: &OracleRequest) -> Option<Read> {
    let OracleRequest { specId, requester, requestId, payment, cancelExpiration, .. } = event;
    (*payment <= MAX_PAYMENT).then(|| {
        let detail = json!({
            "spec_id": specId,
            "requester": checksum(requester),
            "payment_juels": payment.to_string(),
            "expires_at": seconds(*cancelExpiration),
        });
        (ContractEventKind::OracleRequest, Some(*requestId), detail)
    })
}
