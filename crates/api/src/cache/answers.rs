//! Whole answers, each made once a block however many ask for it.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use moka::{future::Cache, policy::EvictionPolicy};

use super::tag::mark;
use crate::{as_of::AsOf, problem::Problem};

/// Of all that is kept: bodies, headers and what they are kept under.
const MAX_BYTES: u64 = 64 << 20;
/// What an entry takes beside its body and its key.
const OVERHEAD_BYTES: usize = 1_024;
/// Nobody asks for the answers of a block that is gone; those of final blocks are cheap to make again.
const MAX_IDLE_TIME: Duration = Duration::from_secs(60);

/// An answer that can be given to many.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    pub as_of: Option<AsOf>,
    problem: Option<Problem>,
}

/// The answers of the present block, and of final ones, by what was asked.
#[derive(Debug)]
pub(crate) struct Answers(Cache<String, Arc<Kept>>);

impl Default for Answers {
    fn default() -> Self {
        let weigh =
            |key: &String, kept: &Arc<Kept>| u32::try_from(key.len() + kept.body.len() + OVERHEAD_BYTES).unwrap_or(u32::MAX);
        let cache = Cache::builder().max_capacity(MAX_BYTES).weigher(weigh).time_to_idle(MAX_IDLE_TIME);
        Self(cache.eviction_policy(EvictionPolicy::lru()).build())
    }
}

impl Answers {
    /// The answer kept under `key`.
    pub(super) async fn get(&self, key: &str) -> Option<Arc<Kept>> {
        self.0.get(key).await
    }

    /// The answer kept under `key`; `make` makes it once for all who ask meanwhile. What it gives as an error goes to them and is not kept.
    pub(super) async fn get_or_make(&self, key: String, make: impl Future<Output = Result<Arc<Kept>, Kept>>) -> Arc<Kept> {
        self.0.try_get_with(key, make).await.unwrap_or_else(|kept| kept)
    }
}

/// How requests were answered: `held` by the client already, `kept` from another's, or `made`.
pub(super) fn count(how: &'static str) {
    metrics::counter!("linkpool_api_answers_total", "how" => how).increment(1);
}

impl Kept {
    pub async fn of(response: Response) -> Self {
        let (mut parts, body) = response.into_parts();
        let as_of = parts.extensions.remove::<AsOf>();
        let problem = parts.extensions.remove::<Problem>();
        match body.collect().await {
            Ok(body) => Self { status: parts.status, headers: parts.headers, body: body.to_bytes(), as_of, problem },
            // Bodies here are in memory already.
            Err(_) => Self {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                headers: HeaderMap::new(),
                body: Bytes::new(),
                as_of: None,
                problem: None,
            },
        }
    }

    /// With what says by which tag it is known, written once for all who get it.
    pub fn marked(mut self, tag: &str, control: HeaderValue) -> Self {
        mark(&mut self.headers, tag, control);
        self.as_of = None;
        self
    }

    pub fn response(&self) -> Response {
        let mut response = (self.status, Body::from(self.body.clone())).into_response();
        *response.headers_mut() = self.headers.clone();
        if let Some(as_of) = self.as_of {
            response.extensions_mut().insert(as_of);
        }
        if let Some(problem) = &self.problem {
            response.extensions_mut().insert(problem.clone());
        }
        response
    }
}
