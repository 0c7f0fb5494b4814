//! A whole answer of a node, and the JSON:API document in it.

use bytes::Bytes;
use linkpool_primitives::{printable, printable_bytes};
use reqwest::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};

use super::{Error, ErrorKind};

/// Longest quotation from a peer in an error, in characters.
pub(super) const QUOTED_CHARS: usize = 120;

/// A node's word for a user whose role does not reach `run` or `edit`.
const ROLE_TOO_LOW: &str = "Unauthorized";

/// A node's words for credentials that it does not know. All others with a 401 come from its database.
const CREDENTIALS_WRONG: [&str; 8] = [
    "Authentication failed",
    "session missing or expired",
    "session ID cannot be empty",
    "not a valid session",
    "Invalid email",
    "Invalid password",
    "incorrect password",
    "no rows in result set",
];

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
            StatusCode::UNAUTHORIZED => Err(self.fault(self.why_unauthorized())),
            StatusCode::FORBIDDEN => Err(self.fault(ErrorKind::Forbidden)),
            StatusCode::TOO_MANY_REQUESTS => Err(self.fault(ErrorKind::RateLimited)),
            _ => Ok(self),
        }
    }

    /// What a 401 means. A node sends it for wrong credentials, for a role that is too low (but for the role admin, where it is 403),
    /// and when it could not ask its database who we are.
    pub fn why_unauthorized(&self) -> ErrorKind {
        let said = self.said();
        if said == ROLE_TOO_LOW {
            ErrorKind::Forbidden
        } else if said.is_empty() || CREDENTIALS_WRONG.iter().any(|words| said.contains(words)) {
            ErrorKind::CredentialsRefused
        } else if said == "MFA Error" || said.starts_with('{') {
            ErrorKind::SecondFactor
        } else {
            ErrorKind::LoginUnchecked { detail: self.detail() }
        }
    }

    /// Whether other credentials, or the same ones in a new session, would be a remedy.
    pub fn says_credentials_are_wrong(&self) -> bool {
        self.why_unauthorized() == ErrorKind::CredentialsRefused
    }

    /// The answer, if its status is this one.
    pub fn expect(self, status: StatusCode) -> Result<Self, Error> {
        if self.status == status { Ok(self) } else { Err(self.unexpected()) }
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
        let media_type = self.media_type();
        if !["application/vnd.api+json", "application/json"].iter().any(|json| media_type.eq_ignore_ascii_case(json)) {
            return Err(self.not_json());
        }
        serde_json::from_slice(&self.body)
            .map_err(|error| self.fault(ErrorKind::Malformed { reason: printable(&error.to_string(), QUOTED_CHARS) }))
    }

    /// Whether it is a page for people.
    pub fn is_page(&self) -> bool {
        self.media_type().eq_ignore_ascii_case("text/html")
    }

    /// It is no JSON.
    pub fn not_json(&self) -> Error {
        let media_type = self.media_type();
        let content_type = if media_type.is_empty() { "no media type".into() } else { printable(media_type, QUOTED_CHARS) };
        self.fault(ErrorKind::NotJson { content_type, beginning: printable_bytes(&self.body, 40) })
    }

    fn media_type(&self) -> &str {
        self.content_type.split(';').next().unwrap_or_default().trim()
    }

    /// The first `detail` of an error document, ready to be shown; empty if it is none.
    pub fn detail(&self) -> String {
        printable(self.said().trim(), QUOTED_CHARS)
    }

    /// The same as it was sent.
    pub fn said(&self) -> String {
        let document: Option<ErrorDocument> = serde_json::from_slice(&self.body).ok();
        document.and_then(|document| document.errors.into_iter().next()).map(|entry| entry.detail).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(status: StatusCode, said: &str, expect: &str) {
        let answer = Answer {
            peer: "http://node".to_owned(),
            status,
            content_type: "application/json; charset=utf-8".to_owned(),
            session_cookie: None,
            body: Bytes::from(json!({ "errors": [{ "detail": said }] }).to_string()),
        };
        let code = answer.admitted().map(|_| "admitted").unwrap_or_else(|error| error.code());
        assert_eq!(code, expect, "{status} {said}");
    }

    #[test]
    fn a_401_is_wrong_credentials_a_low_role_or_a_database_in_trouble() {
        check(StatusCode::UNAUTHORIZED, "Authentication failed", "credentials_refused");
        check(StatusCode::UNAUTHORIZED, "session missing or expired, please login again", "credentials_refused");
        check(StatusCode::UNAUTHORIZED, "sql: no rows in result set", "credentials_refused");
        check(StatusCode::UNAUTHORIZED, "", "credentials_refused");
        check(StatusCode::UNAUTHORIZED, "Unauthorized", "forbidden");
        check(StatusCode::FORBIDDEN, "Forbidden", "forbidden");
        check(StatusCode::UNAUTHORIZED, "failed to connect to `host=db user=node`: dial error", "login_unchecked");
        check(StatusCode::UNAUTHORIZED, "FATAL: terminating connection due to administrator command", "login_unchecked");
        check(StatusCode::UNAUTHORIZED, r#"{"publicKey":{"challenge":"x"}}"#, "second_factor");
        check(StatusCode::OK, "", "admitted");
    }
}
