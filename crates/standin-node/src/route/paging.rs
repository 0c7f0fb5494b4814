//! Lists in pages.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, Uri, request::Parts},
    response::Response,
};
use serde_json::{Map, Value, json};

use crate::json_api::{ApiError, json_api};

/// Entries of a page, where the request does not say.
const DEFAULT_SIZE: i64 = 25;

/// Where it does not say, and the list is of jobs or runs.
const DEFAULT_SIZE_OF_JOBS: i64 = 1_000;

/// Which page was asked for.
#[derive(Clone, Debug)]
pub(super) struct Paging {
    uri: Uri,
    size: Option<i64>,
    page: i64,
    default_size: i64,
}

impl Paging {
    /// A page of a list of jobs or runs.
    pub fn of_jobs(self) -> Self {
        Self { default_size: DEFAULT_SIZE_OF_JOBS, ..self }
    }

    pub fn limit(&self) -> i64 {
        self.size.unwrap_or(self.default_size)
    }

    /// A node reckons it before it takes the larger page of jobs for granted.
    pub fn offset(&self) -> i64 {
        (self.page - 1).saturating_mul(self.size.unwrap_or(DEFAULT_SIZE))
    }

    /// The page's document: entries, how many there are, and the pages beside it, if there are any.
    pub fn document(&self, entries: Vec<Value>, count: i64) -> Response {
        let mut links = Map::new();
        if count > self.limit() {
            if self.page.saturating_mul(self.limit()) < count {
                links.insert("next".to_owned(), self.link(self.page + 1));
            }
            if self.page > 1 {
                links.insert("prev".to_owned(), self.link(self.page - 1));
            }
        }
        let mut document = json!({ "data": entries, "meta": { "count": count } });
        if !links.is_empty() {
            document["links"] = Value::Object(links);
        }
        json_api(StatusCode::OK, document)
    }

    fn link(&self, page: i64) -> Value {
        json!(format!("{}?page={page}&size={}", self.uri.path(), self.limit()))
    }
}

impl<S: Sync> FromRequestParts<S> for Paging {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let value = |name: &str| query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        let number = |name: &str| match value(name) {
            None | Some((_, "")) => Ok(None),
            Some((_, text)) => text.parse().ok().filter(|number| *number >= 1).map(Some).ok_or_else(|| refusal(name, text)),
        };
        let (size, page) = (number("size")?, number("page")?.unwrap_or(1));
        Ok(Self { uri: parts.uri.clone(), size, page, default_size: DEFAULT_SIZE })
    }
}

fn refusal(name: &str, text: &str) -> ApiError {
    let is_number = text.parse::<i64>().is_ok();
    let error = if is_number { "%!w(<nil>)".to_owned() } else { format!("strconv.Atoi: parsing {text:?}: invalid syntax") };
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, format!("invalid {name} param, error: {error}"))
}
