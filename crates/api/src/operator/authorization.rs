//! The layer that lets nobody in without the token.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::shared::Operator;
use crate::problem::{Problem, UNAUTHORIZED};

/// Lets a request through that carries the token.
pub(super) async fn require(State(operator): State<Operator>, request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if given.is_some_and(|given| operator.token.is(given.trim())) {
        return next.run(request).await;
    }
    let mut refused =
        Problem::new(&UNAUTHORIZED, "send `Authorization: Bearer` and the token from the operator's token file").into_response();
    refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"linkpool operator\""));
    refused
}
