//! The layer that keeps answers.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use linkpool_db::cursor::Cursor;
use tower::ServiceExt;
use tower_http::compression::Compression;

use super::{
    answers::{Kept, count},
    tag::Asked,
};
use crate::{
    as_of::AsOf,
    problem::{MOVED, Problem},
    reading::Looked,
    state::Api,
};

/// Gives the answer that was made for somebody else in this block, or makes it for everybody who asks meanwhile.
///
/// What it is kept under names the block at which the database was when the request had come. An answer of a newer block is given to
/// those who waited for it, and not kept; so is a refusal.
pub(crate) async fn keep(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let asked = request.extensions().get::<Arc<Asked>>().filter(|_| request.method() == Method::GET).cloned();
    let Some(asked) = asked else { return next.run(request).await };
    let Some(cursor) = api.looks.look().await else { return next.run(request).await };
    let (state, control) = asked.state(&AsOf::of(&cursor));
    let key = asked.key(&state);
    if let Some(kept) = api.answers.get(&key).await {
        count("kept");
        return kept.response();
    }
    let is_made = AtomicBool::new(false);
    let make = async {
        is_made.store(true, Ordering::Relaxed);
        asked.fix_coding(&mut request);
        let kept = Kept::of(answer(request, next, cursor).await).await;
        let is_good = kept.status == StatusCode::OK && kept.as_of.is_some_and(|as_of| asked.state(&as_of).0 == state);
        if is_good { Ok(Arc::new(kept.marked(&asked.tag(&state), control))) } else { Err(kept) }
    };
    let kept = api.answers.get_or_make(key, make).await;
    count(if is_made.into_inner() { "made" } else { "kept" });
    kept.response()
}

/// An answer as of the block at which the cursor stands. Where that changes meanwhile, it is made once more in a transaction.
async fn answer(request: Request, next: Next, cursor: Arc<Cursor>) -> Response {
    let (parts, body) = request.into_parts();
    // Nothing reads the body of a GET.
    let mut first = Request::from_parts(parts.clone(), Body::empty());
    first.extensions_mut().insert(Looked(cursor));
    let response = run(next.clone(), first).await;
    let has_moved = response.extensions().get::<Problem>().is_some_and(|problem| *problem.kind == MOVED);
    if has_moved { run(next, Request::from_parts(parts, body)).await } else { response }
}

/// Compressed, if the client takes it so: once, and not again for each who gets what is kept.
async fn run(next: Next, request: Request) -> Response {
    let Ok(response) = Compression::new(next).oneshot(request).await;
    response.map(Body::new)
}
