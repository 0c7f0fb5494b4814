//! The layer that keeps answers.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};

use super::{
    answers::{Kept, count},
    tag::Asked,
};
use crate::state::Api;

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
    let kept = api.answers.get_or_make(key, make).await;
    count(if is_made.into_inner() { "made" } else { "kept" });
    kept.response()
}
