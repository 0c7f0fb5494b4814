//! What a node says of itself and of its endpoints.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::paging::Paging;
use crate::{Fault, caller::Caller, node::Node};

/// `GET /v2/build_info`: no JSON:API.
pub(super) async fn build_info(State(node): State<Arc<Node>>, _: Caller) -> Response {
    let info = json!({ "version": node.version, "versionTag": node.version, "commitSHA": "standin" });
    ([(CONTENT_TYPE, "application/json; charset=utf-8")], info.to_string()).into_response()
}

/// `GET /v2/nodes/evm`.
pub(super) async fn endpoints(State(node): State<Arc<Node>>, _: Caller, paging: Paging) -> Response {
    let state = if node.faults().contains(&Fault::ChainLost) { "Unreachable" } else { "Alive" };
    let chain = node.chain_id.to_string();
    let name = &node.endpoint_name;
    let row = json!({ "type": "node", "id": format!("{chain}/{name}"), "attributes": {
        "chainID": chain, "name": name, "config": format!("Name = '{name}'\n"), "state": state } });
    let rows = if paging.offset() == 0 { vec![row] } else { Vec::new() };
    paging.document(rows, 1)
}
