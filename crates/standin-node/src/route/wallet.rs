//! What the node's wallet does: `POST /v2/transfers/evm`, and what a stock node lacks, `POST /standin/sign-registration`.
//!
//! The latter's body is `{"chain_id":"31337","pool":"0x…","deadline":"1900000000"}`, numbers as decimal strings. The answer's
//! attributes are `wallet`, `digest` and `signature` (65 bytes). The node signs nothing but this one EIP-712 struct.

use std::sync::Arc;

use alloy::{
    primitives::{Address, hex},
    signers::{SignerSync, local::PrivateKeySigner},
};
use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use linkpool_chainlink::{Registration, client::Role};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Fault,
    caller::Caller,
    chain::{Payment, broadcast},
    json_api::{ApiError, body, document},
    node::Node,
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

#[derive(Deserialize)]
struct SignRequest {
    chain_id: String,
    pool: Address,
    deadline: String,
}

pub(super) async fn transfer(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
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
    // The wallet's answers have nonces of their own, and some may not be sent yet.
    let _sending = node.sending().await;
    let first_nonce = node.store.first_free_nonce(request.from).await?;
    let hash = broadcast(rpc_url, &key.signer, &payment, first_nonce).await;
    let hash = hash.map_err(|error| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("transaction failed: {error}")))?;
    if faults.contains(&Fault::TransferUnclear) {
        return Err(timeout());
    }
    let data = json!({ "type": "evm_transactions", "id": hash, "attributes": {
        "state": "unstarted", "from": request.from, "to": request.address, "value": amount_wei.to_string(),
        "hash": hash, "evmChainID": request.chain_id } });
    Ok(document(StatusCode::OK, data))
}

pub(super) async fn sign(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    let faults = node.faults();
    if faults.contains(&Fault::NoSigning) {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "Not Found"));
    }
    caller.require(Role::Edit)?;
    let request: SignRequest = body(&bytes, StatusCode::BAD_REQUEST)?;
    let bad_request = |detail: &str| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let chain_id: u64 = request.chain_id.parse().map_err(|_| bad_request("chain_id is not a decimal string"))?;
    let deadline: u64 = request.deadline.parse().map_err(|_| bad_request("deadline is not a decimal string"))?;
    if chain_id != node.chain_id {
        return Err(bad_request("chain_id is not this node's chain"));
    }
    let keys = node.keys();
    let [key] = keys.as_slice() else {
        return Err(ApiError::new(StatusCode::CONFLICT, "the node has more than one key, so none is its wallet"));
    };
    let registration = Registration { chain_id, pool: request.pool, wallet: key.address, deadline };
    let digest = registration.digest();
    let wrong_signer = faults.contains(&Fault::WrongSignature).then(PrivateKeySigner::random);
    let signature = wrong_signer
        .as_ref()
        .unwrap_or(&key.signer)
        .sign_hash_sync(&digest)
        .map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let wallet = key.address.to_checksum(None);
    let data = json!({ "type": "registration_signatures", "id": wallet, "attributes": {
        "wallet": wallet, "digest": digest, "signature": hex::encode_prefixed(signature.as_bytes()) } });
    Ok(document(StatusCode::OK, data))
}
