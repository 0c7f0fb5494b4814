//! Answers change when the indexed block does, so one tag names them all, and a client that holds the current one is
//! told so before anything is read.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::state::{Api, Moment};

/// Browsers ask again each time, which costs them a 304; a shared cache in front may answer for a second by itself.
/// No `stale-while-revalidate`: a page that has just heard of a block would be shown the figures before it.
const CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=0, s-maxage=1");

/// Marks an answer as good for as long as `moment` is the present.
pub(crate) fn mark(headers: &mut HeaderMap, moment: &Moment) {
    headers.insert(header::CACHE_CONTROL, CONTROL);
    if let Ok(tag) = HeaderValue::from_str(&tag(moment)) {
        headers.insert(header::ETAG, tag);
    }
}

/// Answers 304 to a client that already holds what the database says now.
pub(crate) async fn unchanged(State(api): State<Api>, request: Request, next: Next) -> Response {
    let current = api.live.moment().map(|moment| tag(&moment));
    let held = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    match (current, held) {
        (Some(current), Some(held)) if names(held, &current) => {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, CONTROL);
            if let Ok(tag) = HeaderValue::from_str(&current) {
                response.headers_mut().insert(header::ETAG, tag);
            }
            response
        }
        _ => next.run(request).await,
    }
}

/// The finalized block is part of it, because answers say what is final, and so is whether the indexer stands still. An
/// answer about an older block has the present's tag too: a reorganisation may replace the older block.
fn tag(moment: &Moment) -> String {
    let stale = if moment.is_stale { "-stale" } else { "" };
    format!("W/\"{}-{}{stale}-{}\"", hex::encode(&moment.present[..8]), moment.finalized_block, env!("CARGO_PKG_VERSION"))
}

/// Weak comparison (RFC 9110, 8.8.3.2) with each entity tag of a list.
fn names(held: &str, current: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    held.split(',').any(|tag| opaque(tag) == opaque(current))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn any_tag_of_the_list_counts_weak_or_not() {
        let current = "W/\"ab-1-0.1.0\"";
        assert!(names(current, current));
        assert!(names("\"x\", \"ab-1-0.1.0\"", current));
        assert!(!names("\"ab-2-0.1.0\"", current));
    }
}
