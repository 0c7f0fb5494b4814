//! How long an answer is good. Answers about the present change when the indexed block does; answers about a final block do
//! not. The entity tag says which of them a client holds, and is checked before anything is read.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{accept::Media, as_of::AsOf, page_cursor::scope, parameters::block_asked_for, state::Api};

/// Browsers ask again each time, which costs them a 304; a shared cache in front may answer for a second by itself.
/// No `stale-while-revalidate`: a page that has just heard of a block would be shown the figures before it.
const PRESENT: HeaderValue = HeaderValue::from_static("public, max-age=0, s-maxage=1");
/// What holds at a final block holds for ever; an hour bounds how long a wrong answer of ours outlives its repair.
const FINAL: HeaderValue = HeaderValue::from_static("public, max-age=3600, immutable");
/// What an answer depends on besides its path and query.
const VARY: HeaderValue = HeaderValue::from_static("accept");

/// What a request asks for, as far as its entity tag depends on it.
#[derive(Debug, Clone)]
struct Asked {
    /// A digest of path, query and form: no two answers of one moment share a tag.
    digest: u32,
    query: Option<String>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let media = Media::wanted(request.headers());
        let (path, query) = (request.uri().path(), request.uri().query());
        let digest = scope(&[path, query.unwrap_or_default(), &format!("{media:?}")]);
        Self { digest, query: query.map(str::to_owned) }
    }

    /// The tag and the life of the answer at a moment.
    ///
    /// The finalized block is part of a tag of the present, because answers say what is final, and so is whether the indexer
    /// stands still. A correction of final blocks changes every tag.
    fn validators(&self, as_of: &AsOf) -> (String, HeaderValue) {
        let (digest, revision, version) = (self.digest, as_of.revision, env!("CARGO_PKG_VERSION"));
        match block_asked_for(self.query.as_deref()).filter(|block| as_of.is_final(*block)) {
            Some(block) => (format!("W/\"final-{block}-{revision}-{digest:08x}-{version}\""), FINAL),
            None => {
                let stale = if as_of.is_stale { "-stale" } else { "" };
                let block = hex::encode(&as_of.present[..8]);
                let finalized = as_of.finalized_block;
                (format!("W/\"{block}-{finalized}{stale}-{revision}-{digest:08x}-{version}\""), PRESENT)
            }
        }
    }
}

/// Answers 304 to a client that already holds what the database says, and marks what it does not hold.
pub(crate) async fn conditional(State(api): State<Api>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let held: Vec<String> = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| Some(value.to_str().ok()?.to_owned()))
        .collect();
    let current = api.live.as_of().map(|as_of| asked.validators(&as_of));
    if let Some((tag, control)) = current.filter(|(tag, _)| held.iter().any(|held| names(held, tag))) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        mark(response.headers_mut(), &tag, control);
        return response;
    }
    let mut response = next.run(request).await;
    if let Some(as_of) = response.extensions_mut().remove::<AsOf>() {
        let (tag, control) = asked.validators(&as_of);
        mark(response.headers_mut(), &tag, control);
    }
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
    // `*` names whatever there is, which is known only now.
    let is_held = tag.is_some_and(|tag| held.iter().any(|held| held.trim() == "*" || names(held, tag)));
    if response.status() == StatusCode::OK && is_held { unchanged(response) } else { response }
}

fn mark(headers: &mut HeaderMap, tag: &str, control: HeaderValue) {
    headers.insert(header::CACHE_CONTROL, control);
    headers.append(header::VARY, VARY);
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
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
