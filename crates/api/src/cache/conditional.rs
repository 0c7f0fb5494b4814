//! Conditional requests: 304 to a client that already holds what the database says.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    answers::count,
    tag::{Asked, mark},
};
use crate::{as_of::AsOf, state::Api};

/// Answers 304 to a client that already holds what the database says, and marks what it does not hold.
pub(crate) async fn conditional<F: Future<Output = Response>>(
    api: &Api,
    mut request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let asked = Arc::new(Asked::of(&request));
    // For who looks whether it is kept.
    request.extensions_mut().insert(asked.clone());
    let held: Vec<String> = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| Some(value.to_str().ok()?.to_owned()))
        .collect();
    if !held.is_empty()
        && let Some(as_of) = api.live.as_of()
    {
        let (state, control) = asked.state(&as_of);
        let tag = asked.tag(&state);
        if held.iter().any(|held| names(held, &tag)) {
            count("held");
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            mark(response.headers_mut(), &tag, control);
            return response;
        }
    }
    let mut response = answer(request).await;
    // What is kept is marked already.
    if let Some(as_of) = response.extensions_mut().remove::<AsOf>() {
        let (state, control) = asked.state(&as_of);
        mark(response.headers_mut(), &asked.tag(&state), control);
    }
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
    // `*` names whatever there is, which is known only now.
    let is_held = tag.is_some_and(|tag| held.iter().any(|held| held.trim() == "*" || names(held, tag)));
    if response.status() == StatusCode::OK && is_held { unchanged(response) } else { response }
}

/// The same answer without what describes its body.
fn unchanged(response: Response) -> Response {
    let mut unchanged = StatusCode::NOT_MODIFIED.into_response();
    for name in [header::CACHE_CONTROL, header::ETAG, header::VARY] {
        for value in response.headers().get_all(&name) {
            unchanged.headers_mut().append(&name, value.clone());
        }
    }
    unchanged
}

/// Weak comparison (RFC 9110, 8.8.3.2) with each entity tag of a list. Our own tags hold no comma.
fn names(held: &str, current: &str) -> bool {
    fn opaque(tag: &str) -> &str {
        let tag = tag.trim();
        tag.strip_prefix("W/").unwrap_or(tag)
    }
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
        assert!(names("W/\"x\",W/\"ab-1-0.1.0\"", current));
        for other in ["\"ab-2-0.1.0\"", "ab-1-0.1.0", "W/W/\"ab-1-0.1.0\"", "", ","] {
            assert!(!names(other, current), "{other}");
        }
    }
}
