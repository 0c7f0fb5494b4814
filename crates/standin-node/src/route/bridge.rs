//! `/v2/bridge_types`.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use linkpool_chainlink::client::Role;
use serde::Deserialize;
use serde_json::{Value, json};

use super::paging::Paging;
use crate::{
    caller::Caller,
    job::Pipeline,
    json_api::{ApiError, body, document},
    node::Node,
    store::BridgeRecord,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BridgeRequest {
    #[serde(default)]
    name: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    confirmations: u32,
    minimum_contract_payment: Option<String>,
}

/// Any role may list.
pub(super) async fn list(State(node): State<Arc<Node>>, _: Caller, paging: Paging) -> Result<Response, ApiError> {
    let (bridges, count) = node.store.bridges(paging.limit(), paging.offset()).await?;
    Ok(paging.document(bridges.iter().map(resource).collect(), count))
}

pub(super) async fn show(State(node): State<Arc<Node>>, _: Caller, Path(name): Path<String>) -> Result<Response, ApiError> {
    Ok(document(StatusCode::OK, resource(&find(&node, &name).await?)))
}

pub(super) async fn create(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    caller.require(Role::Edit)?;
    let asked = read(&bytes)?;
    let [incoming, outgoing_token] = [(); 2].map(|()| hex::encode(rand::random::<[u8; 24]>()));
    let already = || ApiError::new(StatusCode::BAD_REQUEST, format!("Bridge Type {} already exists", asked.name));
    let bridge = BridgeRecord { outgoing_token, ..asked.clone() };
    let created = node.store.insert_bridge(&bridge).await?.ok_or_else(already)?;
    let mut resource = resource(&created);
    resource["attributes"]["incomingToken"] = json!(incoming);
    Ok(document(StatusCode::OK, resource))
}

pub(super) async fn update(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path(name): Path<String>,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    caller.require(Role::Edit)?;
    let there = find(&node, &name).await?;
    let asked = BridgeRecord { name: there.name, ..read(&bytes)? };
    let updated = node.store.update_bridge(&asked).await?.ok_or_else(not_found)?;
    Ok(document(StatusCode::OK, resource(&updated)))
}

pub(super) async fn delete(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    caller.require(Role::Edit)?;
    let bridge = find(&node, &name).await?;
    if let Some(id) = job_in_the_way(&node, &name).await? {
        let detail = format!("can't remove the bridge because jobs [{id}] are associated with it");
        return Err(ApiError::new(StatusCode::CONFLICT, detail));
    }
    node.store.delete_bridge(&bridge.name).await?;
    Ok(document(StatusCode::OK, resource(&bridge)))
}

/// As a node looks: of the jobs in which the name stands it reads the first one's pipeline only, and names the last.
async fn job_in_the_way(node: &Node, name: &str) -> Result<Option<i32>, ApiError> {
    let mentioning = node.store.jobs_mentioning(name).await?;
    let Some(((_, first), (last, _))) = mentioning.first().zip(mentioning.last()) else { return Ok(None) };
    let uses = Pipeline::parse(first).is_ok_and(|pipeline| pipeline.bridges().contains(&name));
    Ok(uses.then_some(*last))
}

async fn find(node: &Node, name: &str) -> Result<BridgeRecord, ApiError> {
    require_name(name)?;
    node.store.bridge(&name.to_lowercase()).await?.ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "bridge not found")
}

fn require_name(name: &str) -> Result<(), ApiError> {
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Ok(());
    }
    let detail = format!("task type validation: name {name} contains invalid characters");
    Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
}

fn read(bytes: &[u8]) -> Result<BridgeRecord, ApiError> {
    let asked: BridgeRequest = body(bytes, StatusCode::UNPROCESSABLE_ENTITY)?;
    require_name(&asked.name)?;
    if !asked.url.is_empty() && asked.url.trim().is_empty() {
        let detail = format!("parse {:?}: invalid URI for request", asked.url);
        return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let minimum_payment = asked.minimum_contract_payment.as_deref().map(juels).transpose()?;
    let mut faults = Vec::new();
    if asked.name.is_empty() {
        faults.push("No name specified");
    }
    if asked.url.is_empty() {
        faults.push("URL must be present");
    }
    if minimum_payment.as_deref().is_some_and(|payment| payment.starts_with('-')) {
        faults.push("MinimumContractPayment must be positive");
    }
    if !faults.is_empty() {
        return Err(ApiError::several(StatusCode::BAD_REQUEST, &faults));
    }
    Ok(BridgeRecord {
        name: asked.name.to_lowercase(),
        url: asked.url,
        confirmations: asked.confirmations.into(),
        minimum_payment,
        outgoing_token: String::new(),
        created_at: chrono::Utc::now(),
    })
}

/// Juels as they are sent; a node also takes `1.5 link`.
fn juels(text: &str) -> Result<String, ApiError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = (1..=78).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let refusal = || {
        let detail = format!("assets: cannot unmarshal {text:?} into a *assets.Link");
        ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    };
    if is_number { Ok(text.to_owned()) } else { Err(refusal()) }
}

fn resource(bridge: &BridgeRecord) -> Value {
    json!({ "type": "bridges", "id": bridge.name, "attributes": {
        "name": bridge.name,
        "url": bridge.url,
        "confirmations": bridge.confirmations,
        "outgoingToken": bridge.outgoing_token,
        "minimumContractPayment": bridge.minimum_payment.as_deref().map(super::link::shown),
        "createdAt": bridge.created_at,
    } })
}
