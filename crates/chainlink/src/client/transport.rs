//! One HTTP exchange, bounded: connect time, header count, body bytes, and no redirects.

use std::{error::Error as _, io, sync::Arc};

use bytes::BytesMut;
use linkpool_primitives::printable;
use reqwest::{
    RequestBuilder,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, SET_COOKIE},
};

use super::{
    Error, ErrorKind, Limits,
    answer::{Answer, QUOTED_CHARS},
    login_book::LoginBook,
};

/// Most headers an answer may have; more is refused by the HTTP parser, which also bounds their bytes (about 400 kB).
const MAX_HEADERS: usize = 64;

/// Name of the session cookie that a node sets.
pub(super) const SESSION_COOKIE: &str = "clsession";

/// Longest session cookie that is kept, in bytes; a real one has about 200.
const MAX_COOKIE_BYTES: usize = 4096;

/// The connections, sessions and limits that all node clients of a process share.
///
/// Cloning is cheap and shares everything: make one per process, so that the login interval of a host holds for all
/// clients of that host. There is no cookie jar (a jar would keep a node's `Secure` cookie back on plain http), no
/// proxy from the environment (credentials would pass through it) and no retry.
#[derive(Clone, Debug)]
pub struct Transport {
    pub(super) http: reqwest::Client,
    pub(super) limits: Limits,
    pub(super) logins: Arc<LoginBook>,
}

impl Transport {
    /// Sets up the HTTP client with the machine's certificate authorities.
    ///
    /// A machine without any (a bare container) still gets a client, for nodes behind plain http; it trusts no https.
    ///
    /// # Errors
    /// [`ErrorKind::NoHttpClient`] if TLS cannot be initialised.
    pub fn new(limits: Limits) -> Result<Self, Error> {
        let http = builder(limits)
            .build()
            .or_else(|error| {
                let reason = root_cause(&error);
                tracing::warn!(reason, "no certificate authorities: nodes can be reached by http only");
                builder(limits).tls_certs_only([]).build()
            })
            .map_err(|error| ErrorKind::NoHttpClient { reason: root_cause(&error) })?;
        Ok(Self { http, limits, logins: Arc::default() })
    }

    /// Sends `request` and reads the whole answer, at most [`Limits::body_bytes`] of it.
    ///
    /// The time limit is the caller's: a call can be more than one exchange.
    pub(super) async fn exchange(&self, peer: &str, request: RequestBuilder) -> Result<Answer, Error> {
        let mut response = request.send().await.map_err(|error| request_error(peer, &error))?;
        if response.status().is_redirection() {
            let location = header_text(response.headers(), LOCATION);
            return Err(ErrorKind::Redirected { location: printable(&location, QUOTED_CHARS) }.of(peer));
        }
        let limit_bytes = self.limits.body_bytes;
        let too_large = |read_bytes| ErrorKind::BodyTooLarge { limit_bytes, read_bytes }.of(peer);
        if response.content_length().is_some_and(|announced| announced > limit_bytes as u64) {
            return Err(too_large(0));
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(peer, &error))? {
            if body.len() + chunk.len() > limit_bytes {
                return Err(too_large(body.len() + chunk.len()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            peer: peer.to_owned(),
            status: response.status(),
            content_type: header_text(response.headers(), CONTENT_TYPE),
            session_cookie: session_cookie(response.headers()),
            body: body.freeze(),
        })
    }
}

fn builder(limits: Limits) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .connect_timeout(limits.connect_timeout)
        .http1_only()
        .http1_max_headers(MAX_HEADERS)
        .no_proxy()
        .pool_max_idle_per_host(2)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("linkpool/", env!("CARGO_PKG_VERSION")))
}

fn request_error(peer: &str, error: &reqwest::Error) -> Error {
    if !error.is_connect() {
        return broken(peer, error);
    }
    let kind = if io_kind(error) == Some(io::ErrorKind::ConnectionRefused) {
        ErrorKind::Refused
    } else if error.is_timeout() {
        ErrorKind::Unreachable { reason: "no connection in time".to_owned() }
    } else {
        ErrorKind::Unreachable { reason: root_cause(error) }
    };
    kind.of(peer)
}

fn broken(peer: &str, error: &reqwest::Error) -> Error {
    ErrorKind::BrokenAnswer { reason: root_cause(error) }.of(peer)
}

/// The innermost cause: the outer ones repeat the URL and say "error sending request".
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    printable(&cause.to_string(), QUOTED_CHARS)
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io_error) = inner.downcast_ref::<io::Error>() {
            return Some(io_error.kind());
        }
        cause = inner.source();
    }
    None
}

fn header_text(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// The cookie's attributes are ignored on purpose: nodes mark it `Secure` by default and are reached over plain http
/// inside a private network.
fn session_cookie(headers: &HeaderMap) -> Option<String> {
    headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(|cookie| {
        let (name, value) = cookie.split(';').next()?.split_once('=')?;
        let value = value.trim();
        let usable = !value.is_empty()
            && value.len() <= MAX_COOKIE_BYTES
            && value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b',' | b'"' | b'\\'));
        (name.trim() == SESSION_COOKIE && usable).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn check(set_cookie: &[&'static str], expect: Option<&str>) {
        let mut headers = HeaderMap::new();
        for cookie in set_cookie {
            headers.append(SET_COOKIE, HeaderValue::from_static(cookie));
        }
        assert_eq!(session_cookie(&headers).as_deref(), expect, "{set_cookie:?}");
    }

    #[test]
    fn the_session_cookie_is_taken_by_hand_and_its_secure_flag_ignored() {
        check(&["clsession=MTY3==; Path=/; Expires=Sat, 23 Dec 2026 10:00:00 GMT; HttpOnly; Secure"], Some("MTY3=="));
        check(&["explorer=x; Path=/", "clsession=abc"], Some("abc"));
        check(&["clsession=; Path=/"], None);
        check(&["clsession=two words"], None);
        check(&["xclsession=abc", "nonsense"], None);
        check(&[], None);
    }
}
