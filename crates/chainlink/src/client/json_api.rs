//! The parts of JSON:API documents that a node's answers consist of.

use linkpool_primitives::printable;
use serde::{Deserialize, de::DeserializeOwned};

use super::{Error, transport::Answer};

/// Longest quotation from a peer in an error, in characters.
pub(super) const QUOTED_CHARS: usize = 120;

/// `{"data": …}`.
#[derive(Debug, Deserialize)]
pub(super) struct Document<T> {
    pub data: T,
}

/// One entry of `data`.
#[derive(Debug, Deserialize)]
pub(super) struct Resource<A> {
    pub id: String,
    pub attributes: A,
}

#[derive(Deserialize)]
struct ErrorDocument {
    errors: Vec<ErrorEntry>,
}

#[derive(Deserialize)]
struct ErrorEntry {
    detail: String,
}

/// Parses the body of `answer`, whatever its status is.
pub(super) fn parse<T: DeserializeOwned>(answer: &Answer) -> Result<T, Error> {
    let media_type = answer.content_type.split(';').next().unwrap_or_default().trim();
    if !["application/vnd.api+json", "application/json"].iter().any(|json| media_type.eq_ignore_ascii_case(json)) {
        let content_type = if media_type.is_empty() { "no media type".to_owned() } else { printable(media_type, QUOTED_CHARS) };
        return Err(Error::NotJson { peer: answer.peer.clone(), content_type, beginning: answer.beginning(40) });
    }
    serde_json::from_slice(&answer.body)
        .map_err(|error| Error::Malformed { peer: answer.peer.clone(), reason: printable(&error.to_string(), QUOTED_CHARS) })
}

/// The first `detail` of an error document; empty if `answer` is none.
pub(super) fn error_detail(answer: &Answer) -> String {
    serde_json::from_slice::<ErrorDocument>(&answer.body)
        .ok()
        .and_then(|document| document.errors.into_iter().next())
        .map(|entry| printable(&entry.detail, QUOTED_CHARS))
        .unwrap_or_default()
}
