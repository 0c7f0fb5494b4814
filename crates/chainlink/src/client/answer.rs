//! A whole answer of a node, and the JSON:API document in it.

use bytes::Bytes;
use linkpool_primitives::{printable, printable_bytes};
use reqwest::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};

use super::{Error, ErrorKind};

/// Longest quotation from a peer in an error, in characters.
pub(super) const QUOTED_CHARS: usize = 120;

pub(super) struct Answer {
    pub peer: String,
    pub status: StatusCode,
    pub content_type: String,
    /// The value of the cookie `clsession`, if the answer set a usable one.
    pub session_cookie: Option<String>,
    pub body: Bytes,
}

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

impl Answer {
    /// What is wrong with it.
    pub fn fault(&self, kind: ErrorKind) -> Error {
        kind.of(&self.peer)
    }

    /// Sorts out the refusals that mean the same for every call with credentials.
    pub fn admitted(self) -> Result<Self, Error> {
        match self.status {
            StatusCode::UNAUTHORIZED => Err(self.fault(ErrorKind::CredentialsRefused)),
            StatusCode::FORBIDDEN => Err(self.fault(ErrorKind::Forbidden)),
            StatusCode::TOO_MANY_REQUESTS => Err(self.fault(ErrorKind::RateLimited)),
            _ => Ok(self),
        }
    }

    /// Its status is one that the call never should see.
    pub fn unexpected(&self) -> Error {
        self.fault(match self.status {
            StatusCode::NO_CONTENT => ErrorKind::Migrating,
            StatusCode::SERVICE_UNAVAILABLE => ErrorKind::Unavailable { detail: self.detail() },
            status => ErrorKind::UnexpectedStatus { status: status.as_u16(), detail: self.detail() },
        })
    }

    /// Parses the body, whatever the status is.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let media_type = self.content_type.split(';').next().unwrap_or_default().trim();
        if !["application/vnd.api+json", "application/json"].iter().any(|json| media_type.eq_ignore_ascii_case(json)) {
            let content_type = if media_type.is_empty() { "no media type".into() } else { printable(media_type, QUOTED_CHARS) };
            return Err(self.fault(ErrorKind::NotJson { content_type, beginning: printable_bytes(&self.body, 40) }));
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| self.fault(ErrorKind::Malformed { reason: printable(&error.to_string(), QUOTED_CHARS) }))
    }

    /// The first `detail` of an error document; empty if it is none.
    fn detail(&self) -> String {
        serde_json::from_slice::<ErrorDocument>(&self.body)
            .ok()
            .and_then(|document| document.errors.into_iter().next())
            .map(|entry| printable(&entry.detail, QUOTED_CHARS))
            .unwrap_or_default()
    }
}
