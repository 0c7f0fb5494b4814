//! `POST` and `DELETE /sessions`, `POST /v2/user/token` and `POST /v2/users`.

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

use crate::{
    Fault,
    caller::{Caller, SESSION_COOKIE, session_id},
    json_api::{ApiError, body, document},
    node::{Node, session_hash},
    store::{Role, SessionRecord},
};

#[derive(Deserialize)]
struct Login {
    email: String,
    password: Secret,
}

#[derive(Deserialize)]
struct TokenRequest {
    password: Secret,
}

#[derive(Deserialize)]
struct NewUser {
    email: String,
    password: Secret,
    role: String,
}

pub(super) async fn log_in(State(node): State<Arc<Node>>, bytes: Bytes) -> Result<Response, ApiError> {
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

pub(super) async fn log_out(State(node): State<Arc<Node>>, headers: HeaderMap) -> Result<Response, ApiError> {
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

/// Makes a token for the caller; their earlier one stops working.
pub(super) async fn create_token(
    State(node): State<Arc<Node>>,
    Caller(mut user): Caller,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    let request: TokenRequest = body(&bytes, StatusCode::UNPROCESSABLE_ENTITY)?;
    if !user.has_password(request.password.expose()) {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "incorrect password"));
    }
    let key = hex::encode(rand::random::<[u8; 16]>());
    let secret = hex::encode(rand::random::<[u8; 32]>());
    user.set_token(&key, &secret);
    node.store.save_token(&user).await?;
    node.put_user(user);
    let data = json!({ "type": "auth_tokens", "id": key, "attributes": { "accessKey": key, "secret": secret } });
    Ok(document(StatusCode::CREATED, data))
}

/// Makes another API user, such as one of role view for the registrar.
pub(super) async fn create_user(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    caller.require(Role::Admin)?;
    let request: NewUser = body(&bytes, StatusCode::UNPROCESSABLE_ENTITY)?;
    let bad_request = |detail: &str| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let role = request
        .role
        .parse()
        .map_err(|_| bad_request("new role does not exist, possible options are 'admin', 'edit', 'run', 'view'"))?;
    if !request.email.contains('@') {
        return Err(bad_request("must enter a valid email"));
    }
    if !(16..=50).contains(&request.password.expose().chars().count()) {
        return Err(bad_request("password must have 16 to 50 characters"));
    }
    let created = node.store.create_user(&request.email, request.password.expose(), role).await?;
    let user = created.ok_or_else(|| bad_request("user with this email already exists"))?;
    let data = json!({ "type": "users", "id": user.email, "attributes": {
        "email": user.email, "role": user.role.name(), "hasActiveApiToken": "false",
        "createdAt": user.created_at, "updatedAt": user.created_at } });
    node.put_user(user);
    Ok(document(StatusCode::OK, data))
}
