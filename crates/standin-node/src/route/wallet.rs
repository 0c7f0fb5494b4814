//! What the node's wallet does: `POST /v2/transfers/evm`, and what a stock node lacks, `POST /standin/sign-registration`.
//!
//! The latter's body is `{"chain_id":"31337","pool":"0x…","deadline":"1900000000"}`, numbers as decimal strings. The answer's
//! attributes are `wallet`, `digest` and `signature` (65 bytes). The node signs nothing but this one EIP-712 struct.

use std::sync::Arc;

use alloy::{
    primitives::{Address, B256, hex, utils::format_ether},
    signers::{SignerSync, local::PrivateKeySigner},
};
use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use linkpool_chainlink::{Registration, client::Role};
use serde::Deserialize;
use serde_json::{Value, json};

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
    #[serde(default)]
    address: Address,
    #[serde(default)]
    from: Address,
    amount: Option<String>,
    #[serde(rename = "evmChainID")]
    chain_id: Option<String>,
    #[serde(default)]
    allow_higher_amounts: bool,
    #[serde(default)]
    skip_wait_tx_attempt: bool,
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
    let bad_request = |detail: String| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let unprocessable = |detail: String| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
    let amount_wei = request.amount_wei().map_err(bad_request)?;
    require_chain(&node, request.chain_id.as_deref())?;
    if request.from.is_zero() {
        return Err(unprocessable(format!("withdrawal source address is missing: {}", request.from)));
    }
    let faults = node.faults();
    let timeout = || {
        let detail = "failed to find transaction within timeout: context deadline exceeded - tx may still have been broadcast";
        ApiError::new(StatusCode::GATEWAY_TIMEOUT, detail)
    };
    if faults.contains(&Fault::TransferLost) {
        return Err(timeout());
    }
    let rpc_url = node.rpc_url.as_ref();
    let rpc_url = rpc_url.ok_or_else(|| bad_request("transaction failed: this node has no RPC endpoint".to_owned()))?;
    let keys = node.keys();
    let key = keys.iter().find(|key| key.address == request.from && !key.disabled);
    let too_low = |error| unprocessable(format!("transaction failed: {error}"));
    let Some(key) = key else {
        return Err(too_low("balance is too low for this transaction to be executed: <nil>".to_owned()));
    };
    if !request.allow_higher_amounts {
        node.balances.require(rpc_url, key.address, amount_wei).await.map_err(too_low)?;
    }
    let sent_wei = if faults.contains(&Fault::TransferOtherAmount) { amount_wei + 1 } else { amount_wei };
    let payment = Payment { chain_id: node.chain_id, recipient: request.address, amount_wei: sent_wei };
    // The wallet's answers have nonces of their own, and some may not be sent yet.
    let _sending = node.sending().await;
    let first_nonce = node.store.first_free_nonce(request.from).await?;
    let hash = broadcast(rpc_url, &key.signer, &payment, first_nonce).await.map_err(too_low)?;
    if faults.contains(&Fault::TransferUnclear) {
        return Err(timeout());
    }
    Ok(document(StatusCode::OK, transfer_resource(&request, amount_wei, node.chain_id, hash)))
}

/// Who does not wait for the transaction is not told its hash.
fn transfer_resource(request: &TransferRequest, amount_wei: u128, chain_id: u64, hash: B256) -> Value {
    let (id, hash, state) = match request.skip_wait_tx_attempt {
        true => (String::new(), B256::ZERO, "unstarted"),
        false => (format!("{chain_id}/{hash}"), hash, "unconfirmed"),
    };
    json!({ "type": "evm_transactions", "id": id, "attributes": {
        "state": state,
        "data": "0x",
        "from": format!("{:#x}", request.from),
        "gasLimit": "21000",
        "gasPrice": "",
        "hash": hash,
        "rawHex": "",
        "nonce": "",
        "sentAt": "",
        "to": format!("{:#x}", request.address),
        "value": format_ether(amount_wei),
        "evmChainID": chain_id.to_string(),
    } })
}

fn require_chain(node: &Node, chain_id: Option<&str>) -> Result<(), ApiError> {
    match chain_id {
        None | Some("") => Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "chainID is empty")),
        Some(text) if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(ApiError::new(StatusCode::BAD_REQUEST, format!("unable to convert {text} to Big")))
        }
        Some(text) if text != node.chain_id.to_string() => {
            Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "chain id does not match any local chains"))
        }
        Some(_) => Ok(()),
    }
}

impl TransferRequest {
    fn amount_wei(&self) -> Result<u128, String> {
        match self.amount.as_deref() {
            None => Ok(0),
            Some(text) => text.parse().map_err(|_| format!("assets: cannot unmarshal {text:?} into a *assets.Eth")),
        }
    }
}

pub(super) async fn sign(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    let faults = node.faults();
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
