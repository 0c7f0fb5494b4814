//! `POST` and `DELETE /sessions`, `POST /v2/user/token`, and `/v2/users`.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Response},
};
use linkpool_chainlink::{Secret, client::Role};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Fault,
    caller::{Caller, SESSION_COOKIE, session_cookie},
    json_api::{ApiError, body, document},
    node::{Node, session_hash},
    rate_limit::LIMIT_EXCEEDED,
    store::{SessionRecord, UserRecord},
};

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    email: String,
    #[serde(default = "no_secret")]
    password: Secret,
}

#[derive(Deserialize)]
struct TokenRequest {
    #[serde(default = "no_secret")]
    password: Secret,
}

/// What stands before the faults of a password.
const PASSWORD_PAGE: &str = "
Expected password complexity:
Must be at least 16 characters long
Must not comprise:
\tLeading or trailing whitespace
\tA user's API email

Faults:
";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewRole {
    email: String,
    new_role: String,
}

#[derive(Deserialize)]
struct NewUser {
    #[serde(default)]
    email: String,
    #[serde(default = "no_secret")]
    password: Secret,
    #[serde(default)]
    role: String,
}

fn no_secret() -> Secret {
    Secret::new("")
}

pub(super) async fn log_in(State(node): State<Arc<Node>>, bytes: Bytes) -> Result<Response, ApiError> {
    let login: Login = body(&bytes, StatusCode::BAD_REQUEST).map_err(|error| error.after("error binding json "))?;
    if node.faults().contains(&Fault::LoginsLimited) {
        return Ok((StatusCode::TOO_MANY_REQUESTS, LIMIT_EXCEEDED).into_response());
    }
    let email = login.email.to_lowercase();
    if !node.has_user(&email, login.password.expose()) {
        let known = node.user(&email).is_some();
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            if known { "Invalid password" } else { "sql: no rows in result set" },
        ));
    }
    let session_id = hex::encode(rand::random::<[u8; 32]>());
    let session = SessionRecord { hash: session_hash(&session_id), email };
    node.store.save_session(&session).await?;
    node.add_session(session);
    let secure = if node.secure_cookies { "; Secure" } else { "" };
    let cookie = format!(
        "{SESSION_COOKIE}={}; Path=/; Max-Age=2592000; HttpOnly{secure}; SameSite=Strict",
        node.session_secret.cookie(&session_id)
    );
    Ok(([(SET_COOKIE, cookie)], session_document(true)).into_response())
}

/// Takes a session; a token will not do.
pub(super) async fn log_out(State(node): State<Arc<Node>>, headers: HeaderMap) -> Result<Response, ApiError> {
    let session_id = session_cookie(&headers).and_then(|cookie| node.session_secret.session_id(cookie));
    let refusal = || ApiError::new(StatusCode::UNAUTHORIZED, "Authentication failed");
    let session_id = session_id.filter(|it| node.user_by_session(it).is_some()).ok_or_else(refusal)?;
    let hash = node.remove_session(session_id);
    node.store.delete_session(hash).await?;
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

pub(super) async fn list_users(State(node): State<Arc<Node>>, caller: Caller) -> Result<Response, ApiError> {
    caller.require(Role::Admin)?;
    Ok(document(StatusCode::OK, Value::Array(node.users().iter().map(user_resource).collect())))
}

/// Makes another API user, such as one of role view for the registrar.
pub(super) async fn create_user(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    caller.require(Role::Admin)?;
    let request: NewUser = body(&bytes, StatusCode::UNPROCESSABLE_ENTITY)?;
    let bad_request = |detail: String| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let role = request
        .role
        .parse()
        .map_err(|_| bad_request(format!("Invalid role: {}. Allowed roles: 'admin', 'edit', 'run', 'view'.", request.role)))?;
    if request.email.is_empty() {
        return Err(bad_request("Must enter an email".to_owned()));
    }
    if !request.email.contains('@') {
        return Err(bad_request("mail: missing '@' or angle-addr".to_owned()));
    }
    let email = request.email.to_lowercase();
    require_password(request.password.expose(), &email).map_err(bad_request)?;
    let created = node.store.create_user(&email, request.password.expose(), role).await?;
    let user = created.ok_or_else(|| bad_request(format!("user with email {} already exists", request.email)))?;
    let resource = user_resource(&user);
    node.put_user(user);
    Ok(document(StatusCode::OK, resource))
}

/// Gives another user another role.
pub(super) async fn set_role(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    caller.require(Role::Admin)?;
    let request: NewRole = body(&bytes, StatusCode::UNPROCESSABLE_ENTITY)?;
    let bad_request = |detail: &str| ApiError::new(StatusCode::BAD_REQUEST, detail);
    if caller.0.email.eq_ignore_ascii_case(&request.email) {
        return Err(bad_request("can not change state or permissions of current admin user"));
    }
    let unknown = |_| bad_request("new role does not exist, possible options are 'admin', 'edit', 'run', 'view'");
    let role = request.new_role.parse().map_err(unknown)?;
    let missing = || {
        let detail = "error updating API user: no matching user for provided email";
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    };
    let mut user = node.user(&request.email.to_lowercase()).ok_or_else(missing)?;
    user.role = role;
    node.store.save_role(&user).await?;
    let resource = user_resource(&user);
    node.end_sessions(&user.email);
    node.put_user(user);
    Ok(document(StatusCode::OK, resource))
}

pub(super) async fn delete_user(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path(email): Path<String>,
) -> Result<Response, ApiError> {
    caller.require(Role::Admin)?;
    let bad_request = |detail: String| ApiError::new(StatusCode::BAD_REQUEST, detail);
    let user = node.user(&email.to_lowercase()).ok_or_else(|| bad_request(format!("specified user not found: {email}")))?;
    if caller.0.email == user.email {
        return Err(bad_request("can not delete currently logged in admin user".to_owned()));
    }
    node.store.delete_user(&user.email).await?;
    node.remove_user(&user.email);
    Ok(document(StatusCode::OK, user_resource(&user)))
}

fn user_resource(user: &UserRecord) -> Value {
    json!({ "type": "users", "id": user.email, "attributes": {
        "email": user.email, "role": user.role.to_string(), "hasActiveApiToken": user.has_any_token().to_string(),
        "createdAt": user.created_at, "updatedAt": user.created_at } })
}

/// A node's page on what a password is, with what is wrong at its end.
fn require_password(password: &str, email: &str) -> Result<(), String> {
    let mut faults = String::new();
    if password.trim() != password {
        faults.push_str("\tpassword contains a leading or trailing whitespace\n");
    }
    if password.len() < 16 {
        faults.push_str("\tpassword is less than 16 characters long\n");
    }
    if password.to_lowercase().contains(email) {
        faults.push_str(&format!("\tpassword may not contain: {email:?}\n"));
    }
    if !faults.is_empty() {
        return Err(format!("{PASSWORD_PAGE}{faults}"));
    }
    if password.len() > 50 {
        return Err("error creating API user: must enter a password less than 50 characters".to_owned());
    }
    Ok(())
}
