//! The API's routes: a node's own, and two of the stand-in.

mod fault;
mod health;
mod key;
mod registration;
mod session;
mod transfer;
mod user;

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::de::DeserializeOwned;

use super::{
    fault_answer::{SWITCHES_PATH, answer_with_faults},
    listener::ClientAddress,
    node::Node,
    response::ApiError,
};

/// Longest request body, in bytes.
const MAX_REQUEST_BYTES: usize = 64 * 1024;

/// Every route over the state of one active replica.
pub(super) fn router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/sessions", post(session::create).delete(session::destroy))
        .route("/v2/user/token", post(user::create_token))
        .route("/v2/users", post(user::create))
        .route("/v2/keys/evm", get(key::list).post(key::create))
        .route("/v2/keys/eth", get(key::list_by_old_path).post(key::create))
        .route("/v2/transfers/evm", post(transfer::create))
        .route("/health", get(health::health))
        .route("/readyz", get(health::ready))
        .route("/standin/sign-registration", post(registration::sign))
        .route(SWITCHES_PATH, post(fault::replace).get(fault::show))
        .fallback(async || ApiError::new(StatusCode::NOT_FOUND, "Not Found"))
        .layer(middleware::from_fn_with_state(node.clone(), answer_with_faults))
        .layer(middleware::from_fn_with_state(node.clone(), limit_rate))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .with_state(node)
}

async fn limit_rate(
    State(node): State<Arc<Node>>,
    ConnectInfo(ClientAddress(address)): ConnectInfo<ClientAddress>,
    request: Request,
    next: Next,
) -> Response {
    let is_login = request.method() == Method::POST && request.uri().path() == "/sessions";
    let limit = if is_login { &node.login_limit } else { &node.request_limit };
    if limit.admit(address.ip(), Instant::now()) {
        next.run(request).await
    } else {
        (StatusCode::TOO_MANY_REQUESTS, "Too Many Requests").into_response()
    }
}

/// A request body as `T`, or the status that a node answers to a bad one.
fn body<T: DeserializeOwned>(bytes: &[u8], refusal: StatusCode) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::new(refusal, format!("error binding json {error}")))
}
