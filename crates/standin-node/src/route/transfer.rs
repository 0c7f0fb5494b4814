//! `POST /v2/transfers/evm`: ether from the node's wallet.

use std::sync::Arc;

use alloy::primitives::Address;
use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::json;

use super::body;
use crate::{
    Fault,
    broadcast::{Payment, broadcast},
    caller::Caller,
    node::Node,
    response::{ApiError, document},
    store::Role,
};

/// The part of a node's request that a stand-in looks at; amounts are wei as a decimal string.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransferRequest {
    address: Address,
    from: Address,
    amount: String,
    #[serde(rename = "evmChainID")]
    chain_id: String,
}

pub(super) async fn create(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    caller.require(Role::Admin)?;
    let request: TransferRequest = body(&bytes, StatusCode::BAD_REQUEST)?;
    let bad_request = |detail: &str| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let amount_wei: u128 = request.amount.parse().map_err(|_| bad_request("cannot unmarshal the amount"))?;
    if request.chain_id != node.chain_id.to_string() {
        return Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "chain id does not match any local chains"));
    }
    let keys = node.keys();
    let key = keys.iter().find(|key| key.address == request.from);
    let key = key.ok_or_else(|| bad_request("transaction failed: no eth key exists with that address"))?;
    let faults = node.faults();
    let timeout = || {
        let detail = "failed to find transaction within timeout: context deadline exceeded - tx may still have been broadcast";
        ApiError::new(StatusCode::GATEWAY_TIMEOUT, detail)
    };
    if faults.contains(&Fault::TransferLost) {
        return Err(timeout());
    }
    let amount_wei = if faults.contains(&Fault::TransferOtherAmount) { amount_wei + 1 } else { amount_wei };
    let payment = Payment { chain_id: node.chain_id, recipient: request.address, amount_wei };
    let rpc_url = node.rpc_url.as_ref().ok_or_else(|| bad_request("transaction failed: this node has no RPC endpoint"))?;
    let hash = broadcast(rpc_url, &key.signer, &payment).await;
    let hash = hash.map_err(|error| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("transaction failed: {error}")))?;
    if faults.contains(&Fault::TransferUnclear) {
        return Err(timeout());
    }
    let data = json!({ "type": "evm_transactions", "id": hash, "attributes": {
        "state": "unstarted", "from": request.from, "to": request.address, "value": amount_wei.to_string(),
        "hash": hash, "evmChainID": request.chain_id } });
    Ok(document(StatusCode::OK, data))
}
