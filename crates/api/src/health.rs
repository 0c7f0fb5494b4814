//! Whether this process can serve, for load balancers and supervisors. No envelope, no rate limit.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use linkpool_db::cursor::Cursor;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{problem::Problem, state::Api};

/// Blocks behind the head from which the indexer counts as catching up.
const CATCHING_UP_BLOCKS: u64 = 32;
/// Seconds after which an indexer that has not seen the chain counts as standing still.
const SILENT_SECONDS: u64 = 60;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// As in `/api/v1/status`; `unreachable` when the database does not answer.
    #[schema(example = "ok")]
    pub state: String,
    pub detail: Option<String>,
}

/// Whether the tables once were near the head since this process started. A later lag is `/health`'s affair: taking an
/// API that answers with old figures out of service helps nobody.
#[derive(Debug, Default)]
pub(crate) struct Readiness(AtomicBool);

impl Readiness {
    fn observe(&self, cursor: &Cursor) -> bool {
        if state(cursor) == "ok" {
            self.0.store(true, Ordering::Relaxed);
        }
        self.0.load(Ordering::Relaxed)
    }
}

/// The indexer's state as the API shows it: `ok` far behind the head is `backfilling`, and nobody looking at the chain is
/// `stalled`, whatever was written last.
pub(crate) fn state(cursor: &Cursor) -> &str {
    if cursor.seen_seconds_ago > SILENT_SECONDS && matches!(cursor.state.as_str(), "ok" | "backfilling") {
        return "stalled";
    }
    if cursor.state == "ok" && lag_blocks(cursor) > CATCHING_UP_BLOCKS { "backfilling" } else { &cursor.state }
}

/// Why the state is what it is.
pub(crate) fn detail(cursor: &Cursor) -> Option<String> {
    let silent = || {
        let seconds = cursor.seen_seconds_ago;
        format!(
            "the indexer has not seen the chain for {seconds} s: check that `linkpool index` runs and reaches its RPC endpoint"
        )
    };
    let is_silent = cursor.seen_seconds_ago > SILENT_SECONDS;
    cursor.state_detail.clone().or_else(|| is_silent.then(silent))
}

pub(crate) fn lag_blocks(cursor: &Cursor) -> u64 {
    cursor.tags.head.saturating_sub(cursor.block.number)
}

/// Health
///
/// 200 while the index is kept up to date or is catching up; 503 when it stands still or the database does not answer.
#[utoipa::path(get, path = "/health", tag = "service", operation_id = "get_health", responses(
    (status = 200, description = "The state", body = Health),
    (status = 503, description = "The state, and why", body = Health)))]
pub(crate) async fn get_health(State(api): State<Api>) -> Response {
    let health = match api.database.cursor().await {
        Ok(Some(cursor)) => Health { state: state(&cursor).to_owned(), detail: detail(&cursor) },
        Ok(None) => Health { state: "not-ready".into(), detail: Some("no deployment is recorded yet".into()) },
        Err(error) => {
            tracing::warn!(%error, "the database did not answer");
            Health { state: "unreachable".into(), detail: Some("the database does not answer".into()) }
        }
    };
    let status =
        if matches!(health.state.as_str(), "ok" | "backfilling") { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(health)).into_response()
}

/// Readiness
///
/// 503 until the index has reached the head of the chain once since this process started.
#[utoipa::path(get, path = "/ready", tag = "service", operation_id = "get_ready", responses((status = 200, description = "Ready", body = Health)))]
pub(crate) async fn get_ready(State(api): State<Api>) -> Result<Response, Problem> {
    let cursor = api.database.cursor().await?.ok_or_else(Problem::not_ready)?;
    if !api.readiness.observe(&cursor) {
        let detail = format!("{} blocks are still to be indexed; try again in a moment", lag_blocks(&cursor));
        return Err(Problem { detail, ..Problem::not_ready() });
    }
    let health = Health { state: state(&cursor).to_owned(), detail: detail(&cursor) };
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(health)).into_response())
}
