//! Bodies of requests, and answers in the shapes of a node.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// JSON:API's media type.
pub(crate) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.api+json");

/// What a node says with errors and with what is no JSON:API.
const PLAIN_JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A request body as `T`, or the status that a node answers to a bad one.
pub(super) fn body<T: DeserializeOwned>(bytes: &[u8], refusal: StatusCode) -> Result<T, ApiError> {
    if bytes.is_empty() {
        return Err(ApiError::new(refusal, "EOF"));
    }
    serde_json::from_slice(bytes).map_err(|error| ApiError::new(refusal, error.to_string()))
}

/// `{"data": …}`.
pub(super) fn document(status: StatusCode, data: Value) -> Response {
    json_api(status, json!({ "data": data }))
}

pub(super) fn json_api(status: StatusCode, body: Value) -> Response {
    (status, [(CONTENT_TYPE, MEDIA_TYPE)], Json(body)).into_response()
}

/// A refusal: a status and what is wrong, one sentence each.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    details: Vec<String>,
}

impl ApiError {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, details: vec![detail.into()] }
    }

    /// The same with `words` before it.
    pub fn after(self, words: &str) -> Self {
        Self { details: self.details.into_iter().map(|detail| format!("{words}{detail}")).collect(), ..self }
    }

    pub fn several(status: StatusCode, details: &[&str]) -> Self {
        Self { status, details: details.iter().map(|detail| (*detail).to_owned()).collect() }
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the stand-in node's database failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the node's database failed")
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let errors: Vec<Value> = self.details.into_iter().map(|detail| json!({ "detail": detail })).collect();
        (self.status, [(CONTENT_TYPE, PLAIN_JSON)], Json(json!({ "errors": errors }))).into_response()
    }
}
