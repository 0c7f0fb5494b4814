//! What a transaction does for the node that it is for. It happens inside the transaction that records the step, so that nobody sees
//! one without the other, and after it: locks are taken in the order transaction request, node.

use std::time::Duration;

use serde_json::json;

use crate::{
    Result,
    fleet::{Phase, advance, record},
    pool::Connection,
    statement::{args, run},
    tx::{Attempt, NonceReservation, Receipt, RequestState, TransactionKind, TransactionRequest},
};

/// Why a node whose registration was cancelled goes no further by itself.
const REGISTRATION_CANCELLED: &str =
    "an operator cancelled the node's registration; `linkpool node release` has it registered after all";

/// Of the transaction requests `i`: a quarantined node is neither paid nor registered; what a person asks for, such as closing
/// it, is done.
pub(super) const NOT_HELD_BACK: &str = "(i.kind not in ('fund', 'top_up', 'register') or not exists (
        select from fleet_node n where n.fleet_node_id = i.fleet_node_id and n.phase = 'quarantined'))";

/// An attempt is committed.
pub(super) async fn signed(connection: &mut Connection, reservation: &NonceReservation, attempt: &Attempt) -> Result<()> {
    let Some(node_id) = &reservation.request.node_id else { return Ok(()) };
    let detail = json!({
        "transaction_kind": reservation.request.kind.as_str(), "transaction": format!("{:#x}", attempt.hash), "nonce": reservation.nonce, "attempt": attempt.number,
    });
    if reservation.request.kind == TransactionKind::Register {
        advance(connection, node_id, &[Phase::Proven], Phase::Registering, &detail).await?;
    }
    record(connection, node_id, if attempt.cancels { "cancelling" } else { "signed" }, &detail).await
}

/// An attempt is in a block, which left its transaction request in `state`.
pub(super) async fn mined(
    connection: &mut Connection,
    request: &TransactionRequest,
    state: RequestState,
    receipt: &Receipt,
    (reason, retry_in): (&str, Duration),
) -> Result<()> {
    let Some(node_id) = &request.node_id else { return Ok(()) };
    let detail = json!({
        "transaction_kind": request.kind.as_str(), "transaction": format!("{:#x}", receipt.transaction_hash),
        "block": receipt.block_number, "succeeded": receipt.succeeded,
    });
    record(connection, node_id, if state == RequestState::Cancelled { "cancelled" } else { "mined" }, &detail).await?;
    match state {
        _ if request.kind != TransactionKind::Register => Ok(()),
        RequestState::Failed => give_back(connection, node_id, reason, retry_in).await,
        RequestState::Cancelled => leave_to_a_person(connection, node_id).await,
        RequestState::Done => {
            // An older one that failed may have been recorded again a moment ago, and have given the node back.
            let back = [Phase::WalletKnown, Phase::Proven];
            advance(connection, node_id, &back, Phase::Registering, &detail).await.map(|_| ())
        }
        RequestState::Queued | RequestState::Assigned | RequestState::Refused => Ok(()),
    }
}

/// The chain has lost what these transaction requests, of a node and a kind each, did.
pub(super) async fn reorged(connection: &mut Connection, requests: &[(Option<String>, String)], why: &str) -> Result<()> {
    for node_id in requests.iter().filter(|(_, kind)| is_registration(kind)).filter_map(|(node, _)| node.as_deref()) {
        run(&mut *connection, "update fleet_node set is_final = false where fleet_node_id = $1", args![node_id]).await?;
        record(connection, node_id, "reorged", &json!({ "why": why })).await?;
        let back = [Phase::Open, Phase::WalletKnown, Phase::Proven];
        advance(connection, node_id, &back, Phase::Registering, &json!({ "why": why })).await?;
    }
    Ok(())
}

/// What the transaction request asks for had happened without a transaction of ours.
pub(super) async fn already_done(connection: &mut Connection, request: &TransactionRequest) -> Result<()> {
    if let (TransactionKind::Register, Some(node_id)) = (request.kind, &request.node_id) {
        let detail = json!({ "already_registered": true });
        advance(connection, node_id, &[Phase::Proven], Phase::Registering, &detail).await?;
    }
    Ok(())
}

/// It is not sent, for now or for good, and `error` says why, which is an event where it `is_news`.
pub(super) async fn record_failure(
    connection: &mut Connection,
    request: &TransactionRequest,
    error: &str,
    is_news: bool,
) -> Result<()> {
    let Some(node_id) = &request.node_id else { return Ok(()) };
    show(connection, node_id, error).await?;
    if is_news {
        record(connection, node_id, "error", &json!({ "transaction_kind": request.kind.as_str(), "error": error })).await?;
    }
    Ok(())
}

/// The wallet's signature has expired before it was used.
pub(super) async fn expired(connection: &mut Connection, request: &TransactionRequest, reason: &str) -> Result<()> {
    let Some(node_id) = &request.node_id else { return Ok(()) };
    advance(connection, node_id, &[Phase::Proven], Phase::WalletKnown, &json!({ "reason": reason })).await.map(|_| ())
}

/// An operator cancelled it before it had a nonce.
pub(super) async fn cancelled(connection: &mut Connection, node_id: Option<&str>, kind: &str) -> Result<()> {
    match node_id.filter(|_| is_registration(kind)) {
        Some(node_id) => leave_to_a_person(connection, node_id).await,
        None => Ok(()),
    }
}

fn is_registration(kind: &str) -> bool {
    kind == TransactionKind::Register.as_str()
}

async fn give_back(connection: &mut Connection, node_id: &str, reason: &str, retry_in: Duration) -> Result<()> {
    if advance(connection, node_id, &[Phase::Registering], Phase::WalletKnown, &json!({ "reason": reason })).await? {
        let update = "update fleet_node set last_error = $2, attempts = 1, retry_at = now() + make_interval(secs => $3) where fleet_node_id = $1";
        run(connection, update, args![node_id, reason, retry_in]).await?;
    }
    Ok(())
}

/// Registering it again at once would undo what the operator asked for.
async fn leave_to_a_person(connection: &mut Connection, node_id: &str) -> Result<()> {
    let detail = json!({ "error": REGISTRATION_CANCELLED });
    if advance(connection, node_id, &[Phase::Proven, Phase::Registering], Phase::Quarantined, &detail).await? {
        show(connection, node_id, REGISTRATION_CANCELLED).await?;
    }
    Ok(())
}

async fn show(connection: &mut Connection, node_id: &str, error: &str) -> Result<()> {
    run(connection, "update fleet_node set last_error = $2 where fleet_node_id = $1", args![node_id, error]).await?;
    Ok(())
}
