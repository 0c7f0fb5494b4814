//! `GET` and `POST /standin/faults`: the switches. Body `{"faults":["html","slow-boot=500"]}` replaces all of them.

use std::sync::Arc;

use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use linkpool_chainlink::client::Role;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Fault, FaultSet,
    caller::Caller,
    json_api::{ApiError, body, document},
    node::Node,
};

#[derive(Deserialize)]
struct Switches {
    faults: Vec<String>,
}

pub(super) async fn show(State(node): State<Arc<Node>>, _: Caller) -> Response {
    switches(&node.faults())
}

pub(super) async fn replace(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    caller.require(Role::Edit)?;
    let request: Switches = body(&bytes, StatusCode::BAD_REQUEST)?;
    let parsed: Result<FaultSet, String> = request.faults.iter().map(|name| name.parse::<Fault>()).collect();
    let faults = parsed.map_err(|detail| ApiError::new(StatusCode::BAD_REQUEST, detail))?;
    node.store.save_faults(&faults).await?;
    node.set_faults(faults.clone());
    Ok(switches(&faults))
}

fn switches(faults: &FaultSet) -> Response {
    let names: Vec<String> = faults.iter().map(ToString::to_string).collect();
    let data = json!({ "type": "fault_switches", "id": "faults", "attributes": { "faults": names } });
    document(StatusCode::OK, data)
}
