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
    body::to_bytes,
    extract::{ConnectInfo, Request, State},
    http::{Method, StatusCode, Uri, header::CONNECTION},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{delete, get, post},
};

use crate::{
    Fault,
    fault_answer::{SWITCHES_PATH, answer_with_faults},
    listener::ClientAddress,
    node::Node,
    rate_limit::LIMIT_EXCEEDED,
};

/// Longest request body, in bytes.
const MAX_REQUEST_BYTES: usize = 32_768;

/// What stands for the operator UI.
const PAGE: &str = "<!doctype html><html><head><title>Operator UI</title></head><body>A stand-in has none.</body></html>";

/// Every route over the state of one active replica.
pub(super) fn router(node: Arc<Node>) -> Router {
    let signing = post(wallet::sign).route_layer(middleware::from_fn_with_state(node.clone(), unless_stock));
    Router::new()
        .route("/sessions", post(account::log_in).delete(account::log_out))
        .route("/v2/user/token", post(account::create_token))
        .route("/v2/users", get(account::list_users).post(account::create_user).patch(account::set_role))
        .route("/v2/users/{email}", delete(account::delete_user))
        .route("/v2/keys/evm", get(key::list).post(key::create))
        .route("/v2/keys/evm/chain", post(key::change))
        .route("/v2/keys/eth", get(key::list_by_old_path).post(key::create_by_old_path))
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
        .route("/standin/sign-registration", signing)
        .route(SWITCHES_PATH, post(fault::replace).get(fault::show))
        .method_not_allowed_fallback(unknown)
        .route_layer(middleware::from_fn_with_state(node.clone(), limit_rate))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(node.clone(), answer_with_faults))
        .layer(middleware::from_fn_with_state(node.clone(), read_to_limit))
        .with_state(node)
}

/// As a node: a body is read before anybody looks at the path, and `HEAD` is known nowhere.
async fn read_to_limit(
    State(node): State<Arc<Node>>,
    address: ConnectInfo<ClientAddress>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_REQUEST_BYTES).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, [(CONNECTION, "close")], "request too large").into_response();
    };
    if parts.method == Method::HEAD {
        return unknown(State(node), address, parts.uri).await;
    }
    next.run(Request::from_parts(parts, bytes.into())).await
}

/// What can sign is no stock node.
async fn unless_stock(
    State(node): State<Arc<Node>>,
    address: ConnectInfo<ClientAddress>,
    request: Request,
    next: Next,
) -> Response {
    if node.can_sign && !node.faults().contains(&Fault::NoSigning) {
        return next.run(request).await;
    }
    unknown(State(node), address, request.uri().clone()).await
}

/// Nothing for an unknown part of the API and for files, and for every other path the page of the operator UI.
async fn unknown(
    State(node): State<Arc<Node>>,
    ConnectInfo(ClientAddress(address)): ConnectInfo<ClientAddress>,
    uri: Uri,
) -> Response {
    if !node.page_limit.admit(address.ip(), Instant::now()) {
        return (StatusCode::TOO_MANY_REQUESTS, LIMIT_EXCEEDED).into_response();
    }
    let path = uri.path();
    let is_file = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if is_of_the_api(path) || is_file { StatusCode::NOT_FOUND.into_response() } else { Html(PAGE).into_response() }
}

/// `/v` and a number, and something behind it.
fn is_of_the_api(path: &str) -> bool {
    let version = path.strip_prefix("/v").and_then(|rest| rest.split_once('/'));
    version.is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A login counts twice.
async fn limit_rate(
    State(node): State<Arc<Node>>,
    ConnectInfo(ClientAddress(address)): ConnectInfo<ClientAddress>,
    request: Request,
    next: Next,
) -> Response {
    let is_login = request.method() == Method::POST && request.uri().path() == "/sessions";
    let now = Instant::now();
    if node.request_limit.admit(address.ip(), now) && (!is_login || node.login_limit.admit(address.ip(), now)) {
        next.run(request).await
    } else {
        (StatusCode::TOO_MANY_REQUESTS, LIMIT_EXCEEDED).into_response()
    }
}
