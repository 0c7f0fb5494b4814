//! Every client is held to its requests.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request},
    response::{IntoResponse, Response},
};

use super::Client;
use crate::{
    problem::{Problem, RATE_LIMITED},
    state::Api,
};

/// Refuses a client that has used up its requests, and tells every other what is left.
pub(crate) async fn limited<F: Future<Output = Response>>(
    api: &Api,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let client = Client::of(peer, request.headers(), api.config.trust_forwarded_for);
    let quota = api.requests.take(client);
    let mut response = if quota.allowed {
        answer(request).await
    } else {
        let detail = format!("too many requests from your address; try again in {} s", quota.wait_seconds);
        Problem { retry_after_seconds: Some(quota.wait_seconds), ..Problem::new(&RATE_LIMITED, detail) }.into_response()
    };
    api.requests.mark(response.headers_mut(), quota);
    response
}
