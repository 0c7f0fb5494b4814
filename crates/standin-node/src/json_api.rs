//! Bodies of requests, and answers in the shapes of a node.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// JSON:API's media type.
const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/vnd.api+json");

/// A request body as `T`, or the status that a node answers to a bad one.
pub(super) fn body<T: DeserializeOwned>(bytes: &[u8], refusal: StatusCode) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::new(refusal, format!("error binding json {error}")))
}

/// `{"data": …}`.
pub(super) fn document(status: StatusCode, data: Value) -> Response {
    json_api(status, json!({ "data": data }))
}

fn json_api(status: StatusCode, body: Value) -> Response {
    (status, [(CONTENT_TYPE, MEDIA_TYPE)], Json(body)).into_response()
}

/// A refusal: a status and one sentence.
#[derive(Debug)]
pub(super) struct ApiError(pub StatusCode, pub String);

impl ApiError {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self(status, detail.into())
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
        json_api(self.0, json!({ "errors": [{ "detail": self.1 }] }))
    }
}
