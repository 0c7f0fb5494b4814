//! `POST /standin/sign-registration`: what a stock node lacks.
//!
//! Body `{"chain_id":"31337","pool":"0x…","deadline":"1900000000"}`, numbers as decimal strings. The answer's
//! attributes are `wallet`, `digest` and `signature` (65 bytes). The node signs nothing but this one EIP-712 struct.

use std::sync::Arc;

use alloy::{
    primitives::{Address, hex},
    signers::{SignerSync, local::PrivateKeySigner},
};
use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use linkpool_chainlink::Registration;
use serde::Deserialize;
use serde_json::json;

use super::body;
use crate::{
    Fault,
    caller::Caller,
    node::Node,
    response::{ApiError, document},
    store::Role,
};

#[derive(Deserialize)]
struct SignRequest {
    chain_id: String,
    pool: Address,
    deadline: String,
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
    let foreign = faults.contains(&Fault::ForeignSignature).then(PrivateKeySigner::random);
    let signature = foreign
        .as_ref()
        .unwrap_or(&key.signer)
        .sign_hash_sync(&digest)
        .map_err(|error| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let wallet = key.address.to_checksum(None);
    let data = json!({ "type": "registration_signatures", "id": wallet, "attributes": {
        "wallet": wallet, "digest": digest, "signature": hex::encode_prefixed(signature.as_bytes()) } });
    Ok(document(StatusCode::OK, data))
}
