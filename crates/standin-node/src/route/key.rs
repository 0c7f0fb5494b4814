//! `GET` and `POST /v2/keys/evm`, and the older path.

use std::sync::Arc;

use alloy::primitives::{Address, U256};
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
    chain::Endpoint,
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

#[derive(Deserialize)]
pub(super) struct KeyChange {
    address: Option<String>,
    #[serde(rename = "evmChainID")]
    chain_id: Option<String>,
    enabled: Option<String>,
}

/// Any role may list.
pub(super) async fn list(State(node): State<Arc<Node>>, _: Caller) -> Result<Response, ApiError> {
    if node.faults().contains(&Fault::OldNode) {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "Not Found"));
    }
    Ok(document(StatusCode::OK, Value::Array(rows(&node).await)))
}

pub(super) async fn list_by_old_path(State(node): State<Arc<Node>>, _: Caller) -> Response {
    document(StatusCode::OK, Value::Array(rows(&node).await))
}

/// Not idempotent: every call makes a key. Answers 200, as a node does.
pub(super) async fn create(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Query(query): Query<NewKey>,
) -> Result<Response, ApiError> {
    let key = make(&node, &caller, &query).await?;
    let shown = row(&key, &node.faults(), node.chain_id, key.address, &balances(&node, key.address).await);
    Ok(document(StatusCode::OK, shown))
}

/// The same, and an answer without a body: a node has forgotten it there.
pub(super) async fn create_by_old_path(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Query(query): Query<NewKey>,
) -> Result<StatusCode, ApiError> {
    make(&node, &caller, &query).await.map(|_| StatusCode::OK)
}

async fn make(node: &Node, caller: &Caller, query: &NewKey) -> Result<KeyRecord, ApiError> {
    caller.require(Role::Edit)?;
    require_chain(node, query.chain_id.as_deref())?;
    if query.max_gas_price.is_some() {
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "unsupported with config v2"));
    }
    let key = node.store.create_key(node.chain_id).await?;
    node.add_key(key.clone());
    Ok(key)
}

/// Enables or disables a key on the node's chain.
pub(super) async fn change(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Query(query): Query<KeyChange>,
) -> Result<Response, ApiError> {
    caller.require(Role::Admin)?;
    let bad_request = |detail: String| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let text = query.address.unwrap_or_default();
    let address: Address = text.parse().map_err(|_| bad_request(format!("invalid address: {text}, must be hex address")))?;
    require_chain(&node, query.chain_id.as_deref())?;
    let enabled: Option<bool> = match query.enabled.as_deref() {
        None | Some("") => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| bad_request(format!("enabled must be bool: strconv.ParseBool: parsing {text:?}: invalid syntax")))?,
        ),
    };
    let missing = || ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "Key not found");
    let mut key = node.keys().into_iter().find(|key| key.address == address).ok_or_else(missing)?;
    if let Some(enabled) = enabled {
        let updated_at = node.store.save_disabled(address, !enabled).await?;
        let change = |key: &mut KeyRecord| (key.disabled, key.updated_at) = (!enabled, updated_at);
        key = node.update_key(address, change).ok_or_else(missing)?;
    }
    let shown = row(&key, &node.faults(), node.chain_id, address, &balances(&node, address).await);
    Ok(document(StatusCode::OK, shown))
}

fn require_chain(node: &Node, asked: Option<&str>) -> Result<(), ApiError> {
    match asked {
        None | Some("") => Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "chainID is empty")),
        Some(text) if !text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid chain id"))
        }
        Some(text) if text != node.chain_id.to_string() => {
            Err(ApiError::new(StatusCode::NOT_FOUND, "chain id does not match any local chains"))
        }
        Some(_) => Ok(()),
    }
}

/// Wei as a whole number, and LINK as a node writes it; null where nobody can be asked.
#[derive(Default)]
struct Balances {
    ether: Value,
    link: Value,
}

/// Without an endpoint of its own a stand-in says that there is nothing.
async fn balances(node: &Node, address: Address) -> Balances {
    if [Fault::NullBalances, Fault::ChainLost].iter().any(|fault| node.faults().contains(fault)) {
        return Balances::default();
    }
    let Some(rpc_url) = &node.rpc_url else { return Balances { ether: json!("0"), link: Value::Null } };
    let Ok(endpoint) = Endpoint::new(rpc_url) else { return Balances::default() };
    let ether = endpoint.balance(address).await.ok();
    let link = match node.link_token {
        Some(token) => endpoint.token_balance(token, address).await,
        None => None,
    };
    Balances {
        ether: json!(ether.map(|balance| balance.to_string())),
        link: json!(link.map(|balance| super::link::shown(&balance.to_string()))),
    }
}

/// The key list, as the faults bend it; disabled keys come last, as a node sorts them.
async fn rows(node: &Node) -> Vec<Value> {
    let (faults, chain_id) = (node.faults(), node.chain_id);
    if faults.contains(&Fault::NoKey) {
        return Vec::new();
    }
    let shown_chain = if faults.contains(&Fault::OtherChain) { other_than(chain_id) } else { chain_id };
    let mut keys = node.keys();
    keys.sort_by_key(|key| key.disabled);
    let mut rows = Vec::new();
    for key in &keys {
        let balances = balances(node, key.address).await;
        if faults.contains(&Fault::SecondChain) {
            rows.push(row(key, &faults, other_than(chain_id), key.address, &balances));
        }
        rows.push(row(key, &faults, shown_chain, key.address, &balances));
        if faults.contains(&Fault::TwoKeys) {
            rows.push(row(key, &faults, shown_chain, SECOND_KEY, &balances));
        }
    }
    rows
}

fn row(key: &KeyRecord, faults: &FaultSet, chain_id: u64, address: Address, balances: &Balances) -> Value {
    let address = shown_address(address, faults);
    let is_disabled = key.disabled || faults.contains(&Fault::DisabledKey);
    let mut attributes = json!({
        "address": address,
        "evmChainID": chain_id.to_string(),
        "ethBalance": balances.ether,
        "linkBalance": balances.link,
        "disabled": is_disabled,
        "createdAt": key.created_at,
        "updatedAt": key.updated_at,
        "maxGasPriceWei": U256::MAX.to_string(),
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
