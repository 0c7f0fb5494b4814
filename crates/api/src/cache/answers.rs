//! Whole answers, each made once a block however many ask for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use moka::{future::Cache, policy::EvictionPolicy};

use super::tag::Asked;
use crate::{as_of::AsOf, problem::Problem, state::Api};

/// Of all that is kept: bodies, headers and what they are kept under.
const MAX_BYTES: u64 = 64 << 20;
/// What an entry takes beside its body and its key.
const OVERHEAD_BYTES: usize = 1_024;
/// Nobody asks for the answers of a block that is gone; those of final blocks are cheap to make again.
const MAX_IDLE_TIME: Duration = Duration::from_secs(60);

/// An answer that can be given to many.
#[derive(Debug, Clone)]
struct Kept {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    as_of: Option<AsOf>,
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

/// Gives the answer that was made for somebody else in this block, or makes it for everybody who asks meanwhile.
///
/// What it is kept under names the block at which the database was when the request had come. An answer of a newer block is given to
/// those who waited for it, and not kept; so is a refusal.
pub(crate) async fn keep(State(api): State<Api>, request: Request, next: Next) -> Response {
    let as_of = if request.method() == Method::GET { api.looks.look().await } else { None };
    let Some(as_of) = as_of else { return next.run(request).await };
    let asked = Asked::of(&request);
    let (state, _) = asked.state(&as_of);
    let key = asked.key(&state);
    let is_made = AtomicBool::new(false);
    let make = async {
        is_made.store(true, Ordering::Relaxed);
        let kept = Kept::of(next.run(request).await).await;
        let is_good = kept.status == StatusCode::OK && kept.as_of.is_some_and(|as_of| asked.state(&as_of).0 == state);
        if is_good { Ok(Arc::new(kept)) } else { Err(kept) }
    };
    let answered = api.answers.0.try_get_with(key, make).await;
    count(if is_made.into_inner() { "made" } else { "kept" });
    match answered {
        Ok(kept) => kept.response(),
        Err(kept) => kept.response(),
    }
}

/// How requests were answered: `held` by the client already, `kept` from another's, or `made`.
pub(super) fn count(how: &'static str) {
    metrics::counter!("linkpool_api_answers_total", "how" => how).increment(1);
}

impl Kept {
    async fn of(response: Response) -> Self {
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

    fn response(&self) -> Response {
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
