//! `GET` and `POST /v2/keys/evm`, and the older path.

use std::sync::Arc;

use alloy::primitives::Address;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use linkpool_chainlink::client::Role;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Fault, FaultSet,
    caller::Caller,
    json_api::{ApiError, document},
    node::Node,
    store::KeyRecord,
};

/// The second key of the fault `two-keys`; nobody has its private key.
const SECOND_KEY: Address = Address::repeat_byte(0x22);

#[derive(Deserialize)]
pub(super) struct NewKey {
    #[serde(rename = "evmChainID")]
    chain_id: Option<String>,
    #[serde(rename = "maxGasPriceGWei")]
    max_gas_price: Option<String>,
}

/// Any role may list.
pub(super) async fn list(State(node): State<Arc<Node>>, _: Caller) -> Result<Response, ApiError> {
    let faults = node.faults();
    if faults.contains(&Fault::OldNode) {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "Not Found"));
    }
    Ok(document(StatusCode::OK, Value::Array(rows(&node.keys(), &faults, node.chain_id))))
}

pub(super) async fn list_by_old_path(State(node): State<Arc<Node>>, _: Caller) -> Response {
    document(StatusCode::OK, Value::Array(rows(&node.keys(), &node.faults(), node.chain_id)))
}

/// Not idempotent: every call makes a key. Answers 200, as a node does.
pub(super) async fn create(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Query(query): Query<NewKey>,
) -> Result<Response, ApiError> {
    caller.require(Role::Edit)?;
    if query.max_gas_price.is_some() {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "unsupported"));
    }
    let asked = match query.chain_id.as_deref() {
        None | Some("") => node.chain_id,
        Some(text) => text.parse().map_err(|_| ApiError::new(StatusCode::BAD_REQUEST, "invalid chain id"))?,
    };
    if asked != node.chain_id {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "chain id does not match any local chains"));
    }
    let key = node.store.create_key(asked).await?;
    let row = row(&key, &node.faults(), node.chain_id, key.address);
    node.add_key(key);
    Ok(document(StatusCode::OK, row))
}

/// The key list, as the faults bend it; disabled keys come last, as a node sorts them.
fn rows(keys: &[KeyRecord], faults: &FaultSet, chain_id: u64) -> Vec<Value> {
    if faults.contains(&Fault::NoKey) {
        return Vec::new();
    }
    let shown_chain = if faults.contains(&Fault::OtherChain) { other_than(chain_id) } else { chain_id };
    let mut rows = Vec::new();
    for key in keys {
        if faults.contains(&Fault::SecondChain) {
            rows.push(row(key, faults, other_than(chain_id), key.address));
        }
        rows.push(row(key, faults, shown_chain, key.address));
        if faults.contains(&Fault::TwoKeys) {
            rows.push(row(key, faults, shown_chain, SECOND_KEY));
        }
    }
    rows
}

fn row(key: &KeyRecord, faults: &FaultSet, chain_id: u64, address: Address) -> Value {
    let address = shown_address(address, faults);
    let is_disabled = faults.contains(&Fault::DisabledKey);
    let (eth_balance, link_balance) =
        if faults.contains(&Fault::NullBalances) { (Value::Null, Value::Null) } else { (json!("0"), json!("0")) };
    let mut attributes = json!({
        "address": address,
        "evmChainID": chain_id.to_string(),
        "ethBalance": eth_balance,
        "linkBalance": link_balance,
        "disabled": is_disabled,
        "createdAt": key.created_at,
        "updatedAt": key.created_at,
        "maxGasPriceWei": null,
    });
    let mut id = format!("{chain_id}/{address}");
    if let (true, Some(fields)) = (faults.contains(&Fault::OldNode), attributes.as_object_mut()) {
        fields.remove("disabled");
        fields.insert("isFunding".to_owned(), json!(is_disabled));
        id = address;
    }
    json!({ "type": "eTHKeys", "id": id, "attributes": attributes })
}

fn shown_address(address: Address, faults: &FaultSet) -> String {
    let checksummed = address.to_checksum(None);
    if faults.contains(&Fault::LowerCase) {
        return checksummed.to_lowercase();
    }
    if !faults.contains(&Fault::BadChecksum) {
        return checksummed;
    }
    let (prefix, digits) = checksummed.split_at(2);
    let flipped = |c: char| {
        if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
    };
    match digits.char_indices().find(|(_, c)| c.is_ascii_alphabetic()) {
        Some((at, letter)) => format!("{prefix}{}{}{}", &digits[..at], flipped(letter), &digits[at + 1..]),
        None => checksummed,
    }
}

fn other_than(chain_id: u64) -> u64 {
    if chain_id == 1 { 11_155_111 } else { 1 }
}
