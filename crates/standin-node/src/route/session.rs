//! `POST /sessions` and `DELETE /sessions`.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use linkpool_chainlink::Secret;
use serde::Deserialize;
use serde_json::json;

use super::body;
use crate::{
    Fault,
    caller::{SESSION_COOKIE, session_id},
    node::{Node, session_hash},
    response::{ApiError, document},
    store::SessionRecord,
};

#[derive(Deserialize)]
struct Login {
    email: String,
    password: Secret,
}

pub(super) async fn create(State(node): State<Arc<Node>>, bytes: Bytes) -> Result<Response, ApiError> {
    let login: Login = body(&bytes, StatusCode::BAD_REQUEST)?;
    if node.faults().contains(&Fault::LoginsLimited) {
        return Ok((StatusCode::TOO_MANY_REQUESTS, "Too Many Requests").into_response());
    }
    if !node.has_user(&login.email, login.password.expose()) {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "Invalid credentials"));
    }
    let session_id = hex::encode(rand::random::<[u8; 32]>());
    let session = SessionRecord { hash: session_hash(&session_id), email: login.email };
    node.store.save_session(&session).await?;
    node.add_session(session);
    let secure = if node.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{SESSION_COOKIE}={session_id}; Path=/; Max-Age=2592000; HttpOnly{secure}; SameSite=Strict");
    Ok(([(SET_COOKIE, cookie)], session_document(true)).into_response())
}

pub(super) async fn destroy(State(node): State<Arc<Node>>, headers: HeaderMap) -> Result<Response, ApiError> {
    if let Some(session_id) = session_id(&headers) {
        let hash = node.remove_session(session_id);
        node.store.delete_session(hash).await?;
    }
    Ok(session_document(false))
}

fn session_document(authenticated: bool) -> Response {
    let data = json!({ "type": "session", "id": "sessionID", "attributes": { "authenticated": authenticated } });
    document(StatusCode::OK, data)
}
