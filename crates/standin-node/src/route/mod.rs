//! The API's routes: a node's own, and two of the stand-in.

mod about;
mod account;
mod bridge;
mod fault;
mod health;
mod job;
mod key;
mod link;
mod paging;
mod wallet;

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};

use super::{
    fault_answer::{SWITCHES_PATH, answer_with_faults},
    json_api::ApiError,
    listener::ClientAddress,
    node::Node,
};

/// Longest request body, in bytes.
const MAX_REQUEST_BYTES: usize = 32_768;

/// Every route over the state of one active replica.
pub(super) fn router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/sessions", post(account::log_in).delete(account::log_out))
        .route("/v2/user/token", post(account::create_token))
        .route("/v2/users", get(account::list_users).post(account::create_user).patch(account::set_role))
        .route("/v2/users/{email}", delete(account::delete_user))
        .route("/v2/keys/evm", get(key::list).post(key::create))
        .route("/v2/keys/eth", get(key::list_by_old_path).post(key::create))
        .route("/v2/transfers/evm", post(wallet::transfer))
        .route("/v2/bridge_types", get(bridge::list).post(bridge::create))
        .route("/v2/bridge_types/{name}", get(bridge::show).patch(bridge::update).delete(bridge::delete))
        .route("/v2/jobs", get(job::list).post(job::create))
        .route("/v2/jobs/{id}", get(job::show).put(job::replace).delete(job::delete))
        .route("/v2/jobs/{id}/runs", get(job::runs))
        .route("/v2/nodes/evm", get(about::endpoints))
        .route("/v2/build_info", get(about::build_info))
        .route("/health", get(health::health))
        .route("/readyz", get(health::ready))
        .route("/standin/sign-registration", post(wallet::sign))
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
