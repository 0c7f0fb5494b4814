//! Errors as RFC 9457 problem details. Each code has a page of its own at `/problems/<code>`.

use std::sync::Arc;

use axum::{
    Json,
    extract::Path,
    http::{HeaderValue, Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

/// One way in which a request can fail: stable code, status, title, and a sentence for its page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub code: &'static str,
    pub status: StatusCode,
    pub title: &'static str,
    pub page: &'static str,
}

macro_rules! kinds {
    ($($name:ident $code:literal $status:ident $title:literal $page:literal;)+) => {
        $(pub(crate) static $name: Kind = Kind { code: $code, status: StatusCode::$status, title: $title, page: $page };)+
        pub(crate) static KINDS: &[&Kind] = &[$(&$name),+];
    };
}

kinds! {
    INVALID_PARAMETER "invalid-parameter" BAD_REQUEST "A parameter is not valid"
        "A parameter of the path or the query cannot be read. `errors` names each one and says what to write instead.";
    UNAUTHORIZED "unauthorized" UNAUTHORIZED "The operator's token is missing"
        "The operator's calls need `Authorization: Bearer` and the token that stands in the token file of the operator's listener.";
    IDEMPOTENCY_KEY_REUSED "idempotency-key-reused" CONFLICT "This key belongs to another call"
        "An `Idempotency-Key` names one call for ever: the same key with the same body gives the same answer, with another body it is refused.";
    REFUSED "refused" CONFLICT "This is not possible at the moment"
        "The state of the node or of the contract does not allow it; the detail says why. Nothing was changed.";
    NOT_FOUND "not-found" NOT_FOUND "There is nothing here"
        "The path does not exist, or it names a node that was never registered. The paths of the API are listed in /api/v1/openapi.json.";
    BLOCK_NOT_INDEXED "block-not-indexed" NOT_FOUND "This block is not indexed"
        "The block that `at` names is above the newest indexed one, or below the first block of the contract. `/api/v1/status` names the newest, `/api/v1/config` the first.";
    METHOD_NOT_ALLOWED "method-not-allowed" METHOD_NOT_ALLOWED "This method is not allowed here"
        "The public API only reads: use GET. The `Allow` header lists what the path accepts.";
    CURSOR_INVALIDATED "cursor-invalidated" CONFLICT "The list changed under the cursor"
        "The block at which this list was begun was replaced or is no longer known, or the cursor belongs to another list. Start the list again without `cursor`.";
    URI_TOO_LONG "uri-too-long" URI_TOO_LONG "The path is too long"
        "No path of this server is that long. The paths of the API are listed in /api/v1/openapi.json.";
    PAYLOAD_TOO_LARGE "payload-too-large" PAYLOAD_TOO_LARGE "The request is too large"
        "The body is larger than this path accepts.";
    UNSUPPORTED_MEDIA_TYPE "unsupported-media-type" UNSUPPORTED_MEDIA_TYPE "The body has the wrong type"
        "Send the body as application/json.";
    RATE_LIMITED "rate-limited" TOO_MANY_REQUESTS "Too many requests"
        "This client has used up its requests. Wait as many seconds as `Retry-After` says; `RateLimit-Policy` states the limit.";
    TOO_MANY_STREAMS "too-many-streams" TOO_MANY_REQUESTS "Too many open streams"
        "Close a stream before opening another, or share one between the parts of your program.";
    BAD_REQUEST "bad-request" BAD_REQUEST "The request cannot be read"
        "The request does not follow HTTP, or uses a feature that this API does not have.";
    INTERNAL "internal" INTERNAL_SERVER_ERROR "Something went wrong here"
        "The fault is on our side. It has been logged under the request id; quote it when you report the problem.";
    NOT_READY "not-ready" SERVICE_UNAVAILABLE "Not ready yet"
        "The pool's history is still being indexed. Try again after `Retry-After` seconds.";
    UNAVAILABLE "unavailable" SERVICE_UNAVAILABLE "Not available at the moment"
        "The database does not answer in time. Try again after `Retry-After` seconds.";
}

/// Never sent: what was read is of two blocks, and is read once more.
pub(crate) static MOVED: Kind = Kind { code: "moved", ..UNAVAILABLE };

/// A failed request. Becomes JSON at the boundary, which knows the path and the request id.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub kind: &'static Kind,
    pub detail: String,
    pub errors: Vec<FieldError>,
    pub retry_after_seconds: Option<u64>,
}

/// What is wrong with one parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The parameter's name.
    #[schema(example = "limit")]
    pub field: String,
    /// What to write instead.
    #[schema(example = "must be a number from 1 to 500")]
    pub detail: String,
}

/// A problem as it is sent (`application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// The page that explains this kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid-parameter")]
    pub kind: String,
    #[schema(example = "A parameter is not valid")]
    pub title: &'a str,
    #[schema(example = 400)]
    pub status: u16,
    /// One sentence that says what to do.
    pub detail: &'a str,
    /// The path that was asked for.
    #[schema(example = "/api/v1/nodes")]
    pub instance: &'a str,
    /// Stable; the last part of `type`.
    #[schema(example = "invalid-parameter")]
    pub code: &'a str,
    #[schema(example = "5b1f0a9e6a4c4a8c9d5f2f6f3a1b2c3d")]
    pub request_id: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    #[schema(required = false)]
    pub errors: &'a [FieldError],
}

impl Problem {
    pub fn new(kind: &'static Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: Vec::new(), retry_after_seconds: None }
    }

    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = errors.iter().map(|error| format!("`{}` {}", error.field, error.detail)).collect::<Vec<_>>().join("; ");
        Self { errors, ..Self::new(&INVALID_PARAMETER, detail) }
    }

    pub fn invalid_field(field: &str, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { field: field.into(), detail: detail.into() }])
    }

    pub fn not_ready() -> Self {
        Self { retry_after_seconds: Some(2), ..Self::new(&NOT_READY, "nothing has been indexed yet; try again in a moment") }
    }

    pub fn unavailable() -> Self {
        let detail = "the database does not answer; try again in a moment";
        Self { retry_after_seconds: Some(2), ..Self::new(&UNAVAILABLE, detail) }
    }

    /// For a refusal that axum made by status alone.
    pub fn of_status(status: StatusCode, method: &Method, path: &str) -> Self {
        match status {
            StatusCode::NOT_FOUND => {
                Self::new(&NOT_FOUND, format!("there is no `{path}`; the API's paths are listed in /api/v1/openapi.json"))
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                let method: String = method.as_str().chars().take(20).collect();
                Self::new(&METHOD_NOT_ALLOWED, format!("`{path}` does not accept {method}; use GET"))
            }
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(&PAYLOAD_TOO_LARGE, "the body is too large; send less"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::new(&UNSUPPORTED_MEDIA_TYPE, "send the body as application/json"),
            status if status.is_client_error() => {
                Self::new(&BAD_REQUEST, "the request cannot be read; check it against /api/v1/openapi.json")
            }
            _ => Self::new(&INTERNAL, INTERNAL.page),
        }
    }

    /// The whole answer.
    pub fn respond(&self, instance: &str, request_id: &str) -> Response {
        let body = ProblemBody {
            kind: format!("/problems/{}", self.kind.code),
            title: self.kind.title,
            status: self.kind.status.as_u16(),
            detail: &self.detail,
            instance,
            code: self.kind.code,
            request_id,
            errors: &self.errors,
        };
        let mut response = (self.kind.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<&linkpool_db::Error> for Problem {
    /// Logged here, once, under the request's span; never returned.
    fn from(error: &linkpool_db::Error) -> Self {
        if matches!(error, linkpool_db::Error::Moved) {
            Self { kind: &MOVED, ..Self::unavailable() }
        } else if error.is_transient() {
            tracing::warn!(%error, "the database did not answer");
            Self::unavailable()
        } else {
            tracing::error!(%error, "a read failed");
            Self::new(&INTERNAL, INTERNAL.page)
        }
    }
}

impl From<linkpool_db::Error> for Problem {
    fn from(error: linkpool_db::Error) -> Self {
        Self::from(&error)
    }
}

impl From<Arc<linkpool_db::Error>> for Problem {
    fn from(error: Arc<linkpool_db::Error>) -> Self {
        Self::from(&*error)
    }
}

/// The page that a problem's `type` points to.
pub(crate) async fn explain(Path(code): Path<String>) -> Result<Html<String>, Problem> {
    let kind = KINDS.iter().find(|kind| kind.code == code);
    let kind = kind.ok_or_else(|| Problem::new(&NOT_FOUND, "there is no problem of this name"))?;
    let (title, status, page) = (kind.title, kind.status.as_u16(), kind.page);
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><h1>{title}</h1><p><code>{code}</code>, status {status}</p><p>{page}</p></html>"
    )))
}
