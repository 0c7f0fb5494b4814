//! What a request asks for, and what names the answer to it.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
};

use crate::{
    accept::{Media, takes_gzip},
    as_of::AsOf,
    page_cursor::scope,
    parameters::{block_asked_for, form_asked_for},
};

/// Browsers ask again each time, which costs them a 304; a shared cache in front may answer for a second by itself.
/// No `stale-while-revalidate`: a page that has just heard of a block would be shown the figures before it.
const PRESENT: HeaderValue = HeaderValue::from_static("public, max-age=0, s-maxage=1");
/// What holds at a final block holds for ever; an hour bounds how long a wrong answer of ours outlives its repair.
const FINAL: HeaderValue = HeaderValue::from_static("public, max-age=3600, immutable");

/// What an answer depends on besides its path and query.
const VARY: HeaderValue = HeaderValue::from_static("accept");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// What a request asks for, as far as its answer depends on it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    path: String,
    query: Option<String>,
    media: Media,
    /// Whether its body may be compressed: then it is kept so.
    is_gzip: bool,
}

/// Says by which tag an answer is known, and how long it may be kept.
pub(super) fn mark(headers: &mut HeaderMap, tag: &str, control: HeaderValue) {
    headers.insert(header::CACHE_CONTROL, control);
    headers.append(header::VARY, VARY);
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
}

impl Asked {
    pub fn of(request: &Request) -> Self {
        let query = request.uri().query();
        let media = Media::wanted(request.headers(), form_asked_for(query));
        let is_gzip = takes_gzip(request.headers());
        Self { path: request.uri().path().to_owned(), query: query.map(str::to_owned), media, is_gzip }
    }

    /// Leaves of the codings that the client takes the one in which the answer is kept, so that it is that of all who take it.
    pub fn fix_coding(&self, request: &mut Request) {
        match self.is_gzip {
            true => request.headers_mut().insert(header::ACCEPT_ENCODING, GZIP),
            false => request.headers_mut().remove(header::ACCEPT_ENCODING),
        };
    }

    /// What names the answer's content at a moment, and how long it may be kept.
    ///
    /// The finalized block is part of what is said of the present, because answers say what is final, and so is whether the indexer
    /// stands still. A correction of final blocks changes every name.
    pub fn state(&self, as_of: &AsOf) -> (String, HeaderValue) {
        let revision = as_of.revision;
        match block_asked_for(self.query.as_deref()).filter(|block| as_of.is_final(*block)) {
            Some(block) => (format!("final-{block}-{revision}"), FINAL),
            None => {
                let stale = if as_of.is_stale { "-stale" } else { "" };
                let block = hex::encode(&as_of.present[..8]);
                let finalized = as_of.finalized_block;
                (format!("{block}-{finalized}{stale}-{revision}"), PRESENT)
            }
        }
    }

    /// The entity tag: no two answers of one moment share one, because path, query and form are in it.
    pub fn tag(&self, state: &str) -> String {
        let digest = scope(&[&self.path, self.query.as_deref().unwrap_or_default(), self.media.name()]);
        format!("W/\"{state}-{digest:08x}-{}\"", env!("CARGO_PKG_VERSION"))
    }

    /// All of it, for who keeps the answer under it.
    pub fn key(&self, state: &str) -> String {
        let coding = if self.is_gzip { "gzip" } else { "plain" };
        format!("{state} {coding} {} {}?{}", self.media.name(), self.path, self.query.as_deref().unwrap_or_default())
    }
}
