//! `POST /v2/user/token` and `POST /v2/users`.

use std::sync::Arc;

use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use linkpool_chainlink::Secret;
use serde::Deserialize;
use serde_json::json;

use super::body;
use crate::{
    caller::Caller,
    node::Node,
    response::{ApiError, document},
    store::Role,
};

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
pub(super) async fn create(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    caller.require(Role::Admin)?;
    let request: NewUser = body(&bytes, StatusCode::UNPROCESSABLE_ENTITY)?;
    let bad_request = |detail: &str| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let role = Role::from_name(&request.role)
        .ok_or_else(|| bad_request("new role does not exist, possible options are 'admin', 'edit', 'run', 'view'"))?;
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
