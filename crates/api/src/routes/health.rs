//! `GET /health` and `GET /ready`.

use axum::{
    Json,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    health::{Health, LOOK_TIMEOUT, Reading, Severity, not_yet},
    problem::Problem,
    state::Api,
};

/// Health
///
/// 200 while the index is kept up to date or is catching up, also where something is to be looked at (`degraded`); 503 when
/// it stands still or the database does not answer (`fatal`). The answer may be a second old.
#[utoipa::path(get, path = "/health", tag = "service", operation_id = "get_health", responses(
    (status = 200, description = "The state", body = Health),
    (status = 503, description = "The state, and why", body = Health)))]
pub(crate) async fn get_health(State(api): State<Api>) -> Response {
    let health = api.health.read(&api.database, api.live.gone_for(LOOK_TIMEOUT)).await.health;
    let status = if health.severity == Severity::Fatal { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(health)).into_response()
}

/// Readiness
///
/// 503 until the index has reached the head of the chain once since this process started. The answer may be a second old.
#[utoipa::path(get, path = "/ready", tag = "service", operation_id = "get_ready", responses((status = 200, description = "Ready", body = Health)))]
pub(crate) async fn get_ready(State(api): State<Api>) -> Result<Response, Problem> {
    let Reading { health, cursor } = api.health.read(&api.database, api.live.gone_for(LOOK_TIMEOUT)).await;
    let cursor = cursor.ok_or_else(Problem::not_ready)?;
    if !api.readiness.observe(&cursor) {
        return Err(Problem { detail: not_yet(&cursor), ..Problem::not_ready() });
    }
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(health)).into_response())
}
