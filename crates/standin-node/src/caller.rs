//! Who sends a request: by token headers first, then by session cookie, as a node does it.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header::COOKIE, request::Parts},
};

use linkpool_chainlink::client::Role;

use crate::{json_api::ApiError, node::Node, store::UserRecord};

/// Name of the session cookie.
pub(super) const SESSION_COOKIE: &str = "clsession";

/// The authenticated user of a request.
#[derive(Debug)]
pub(super) struct Caller(pub UserRecord);

impl Caller {
    /// Refuses users below `role`, as a node does: 403 where only an admin will do, else 401.
    pub fn require(&self, role: Role) -> Result<(), ApiError> {
        if self.0.may(role) {
            Ok(())
        } else if role == Role::Admin {
            Err(ApiError::new(StatusCode::FORBIDDEN, "Forbidden"))
        } else {
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "Unauthorized"))
        }
    }
}

impl FromRequestParts<Arc<Node>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, node: &Arc<Node>) -> Result<Self, ApiError> {
        let user = token(&parts.headers)
            .and_then(|(key, secret)| node.user_by_token(key, secret))
            .map_or_else(|| user_of_session(node, &parts.headers), Ok);
        user.map(Self)
    }
}

fn token(headers: &HeaderMap) -> Option<(&str, &str)> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    Some((text("X-API-KEY")?, text("X-API-SECRET")?))
}

fn user_of_session(node: &Node, headers: &HeaderMap) -> Result<UserRecord, ApiError> {
    let refusal = |detail| ApiError::new(StatusCode::UNAUTHORIZED, detail);
    let session_id = session_cookie(headers).and_then(|cookie| node.session_secret.session_id(cookie));
    let session_id = session_id.ok_or_else(|| refusal("Authentication failed"))?;
    node.user_by_session(session_id).ok_or_else(|| refusal("session missing or expired, please login again"))
}

/// The value of the session cookie.
pub(super) fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|line| line.split(';')).find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == SESSION_COOKIE).then_some(value)
    })
}
