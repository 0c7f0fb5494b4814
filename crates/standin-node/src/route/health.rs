//! `GET /health` and `GET /readyz`, both without credentials.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{Fault, FaultSet, json_api::document, node::Node};

/// The check that the faults make fail, below `EVM.<chain>.`.
const FAILING: &str = "HeadTracker.HeadListener";

/// 200 if all checks pass, else 207, or 503 as an older node; `?failing` leaves the passing ones out.
pub(super) async fn health(State(node): State<Arc<Node>>, Query(query): Query<HashMap<String, String>>) -> Response {
    let faults = node.faults();
    let status = if faults.contains(&Fault::FailingCheckOld) {
        StatusCode::SERVICE_UNAVAILABLE
    } else if faults.contains(&Fault::FailingCheck) {
        StatusCode::MULTI_STATUS
    } else {
        StatusCode::OK
    };
    document(status, Value::Array(checks(node.chain_id, &faults, query.contains_key("failing"))))
}

/// 200 or 503 without a body; `?full` adds the checks.
pub(super) async fn ready(State(node): State<Arc<Node>>, Query(query): Query<HashMap<String, String>>) -> Response {
    let faults = node.faults();
    let status = if has_failing_check(&faults) { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    if query.contains_key("full") {
        document(status, Value::Array(checks(node.chain_id, &faults, false)))
    } else {
        status.into_response()
    }
}

fn has_failing_check(faults: &FaultSet) -> bool {
    faults.contains(&Fault::FailingCheck) || faults.contains(&Fault::FailingCheckOld)
}

/// A node's check ids; those of services that the stand-in lacks are left out.
fn checks(chain_id: u64, faults: &FaultSet, only_failing: bool) -> Vec<Value> {
    let evm = ["", ".BalanceMonitor", ".HeadBroadcaster", ".HeadTracker", ".HeadTracker.HeadListener", ".LogBroadcaster", ".Txm"];
    let others = ["JobSpawner", "Mailbox.Monitor", "PipelineRunner", "TelemetryManager"];
    let ids = evm.iter().map(|part| format!("EVM.{chain_id}{part}")).chain(others.map(str::to_owned));
    ids.filter_map(|id| {
        let fails = has_failing_check(faults) && id.ends_with(FAILING);
        let (status, output) =
            if fails { ("failing", "Listener connected = false, receiving heads = false") } else { ("passing", "") };
        let attributes = json!({ "name": id, "status": status, "output": output });
        let check = json!({ "type": "checks", "id": id, "attributes": attributes });
        (fails || !only_failing).then_some(check)
    })
    .collect()
}
