//! What a node says of itself and of its endpoints.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::paging::Paging;
use crate::{Fault, caller::Caller, node::Node};

/// `GET /v2/build_info`: no JSON:API.
pub(super) async fn build_info(State(node): State<Arc<Node>>, _: Caller) -> Response {
    Json(json!({ "version": node.version, "versionTag": node.version, "commitSHA": "standin" })).into_response()
}

/// `GET /v2/nodes/evm`.
pub(super) async fn endpoints(State(node): State<Arc<Node>>, _: Caller, paging: Paging) -> Response {
    let state = if node.faults().contains(&Fault::ChainLost) { "Unreachable" } else { "Alive" };
    let chain = node.chain_id.to_string();
    let name = "primary";
    let row = json!({ "type": "node", "id": format!("{chain}/{name}"), "attributes": {
        "chainID": chain, "name": name, "config": format!("Name = '{name}'\n"), "state": state } });
    let is_shown = paging.offset() == 0;
    let rows = if is_shown { vec![row] } else { Vec::new() };
    let count = i64::from(is_shown);
    paging.document(rows, count)
}
