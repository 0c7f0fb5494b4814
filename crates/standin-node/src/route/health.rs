//! `GET /health` and `GET /readyz`, both without credentials.

use std::{collections::HashMap, sync::Arc};

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{Fault, json_api::document, node::Node};

/// The check that the faults make fail, below `EVM.<chain>.`.
const FAILING: &str = "HeadTracker.HeadListener";

/// 200 if all checks passed at the last look, else 207, or 503 as an older node; `?failing` leaves the passing ones out.
pub(super) async fn health(State(node): State<Arc<Node>>, Query(query): Query<HashMap<String, String>>) -> Response {
    let is_passing = node.health.is_passing();
    let status = match (is_passing, node.faults().contains(&Fault::FailingCheckOld)) {
        (true, _) => StatusCode::OK,
        (false, false) => StatusCode::MULTI_STATUS,
        (false, true) => StatusCode::SERVICE_UNAVAILABLE,
    };
    document(status, Value::Array(checks(node.chain_id, is_passing, query.contains_key("failing"))))
}

/// 200 without a body: the services have started, and nothing here says what became of them. An older node answers 503 for that.
/// `?full` adds the checks, and is always 200.
pub(super) async fn ready(State(node): State<Arc<Node>>, Query(query): Query<HashMap<String, String>>) -> Response {
    if query.contains_key("full") {
        return document(StatusCode::OK, Value::Array(checks(node.chain_id, true, false)));
    }
    let is_old = node.faults().contains(&Fault::FailingCheckOld);
    if is_old { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }.into_response()
}

/// A node's check ids; those of services that the stand-in lacks are left out.
fn checks(chain_id: u64, is_passing: bool, only_failing: bool) -> Vec<Value> {
    let evm = [
        "",
        ".BalanceMonitor",
        ".HeadBroadcaster",
        ".HeadTracker",
        ".HeadTracker.HeadListener",
        ".LogBroadcaster",
        ".Relayer",
        ".Txm",
        ".Txm.Broadcaster",
        ".Txm.Confirmer",
        ".Txm.Finalizer",
    ];
    let others = ["HeadReporter", "JobSpawner", "Mailbox.Monitor", "PipelineORM", "PipelineRunner", "TelemetryManager"];
    let ids = evm.iter().map(|part| format!("EVM.{chain_id}{part}")).chain(others.map(str::to_owned));
    ids.filter_map(|id| {
        let fails = !is_passing && id.ends_with(FAILING);
        let (status, output) =
            if fails { ("failing", "Listener connected = false, receiving heads = false") } else { ("passing", "") };
        let attributes = json!({ "name": id, "status": status, "output": output });
        let check = json!({ "type": "checks", "id": id, "attributes": attributes });
        (fails || !only_failing).then_some(check)
    })
    .collect()
}
