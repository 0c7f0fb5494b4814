//! Where a chain can be reached. Endpoints are known by their names: a URL may hold a key and is never shown.

use std::time::Duration;

use crate::{Error, Result};

const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// What the patient give one request.
const PATIENT_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Clone, derive_more::Debug)]
#[debug("Endpoint({name})")]
pub struct Endpoint {
    /// Shown in logs, errors, metrics and status instead of the URL.
    pub name: String,
    /// HTTP or HTTPS.
    pub url: String,
    /// A websocket, for new heads as they come; without one the head is looked at from time to time.
    pub ws_url: Option<String>,
    /// Upper bound of one request.
    pub timeout: Duration,
}

impl Endpoint {
    /// An endpoint named by its host.
    pub fn new(url: impl Into<String>) -> Result<Self> {
        let url = url.into();
        let parsed = http_url(&url)?;
        let host = parsed.host_str().ok_or(Error::Url)?;
        let name = match parsed.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self { name, url, ws_url: None, timeout: DEFAULT_TIMEOUT })
    }

    pub fn named(name: impl Into<String>, url: impl Into<String>) -> Result<Self> {
        Ok(Self { name: name.into(), ..Self::new(url)? })
    }

    /// For whoever would rather wait than fail, as tests and `linkpool dev` on a machine that builds: a request may take a minute.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { timeout: PATIENT_TIMEOUT, ..self }
    }

    /// The same, with a websocket.
    pub fn with_ws(self, ws_url: impl Into<String>) -> Result<Self> {
        let ws_url = ws_url.into();
        let is_ws = url::Url::parse(&ws_url).is_ok_and(|url| matches!(url.scheme(), "ws" | "wss") && url.host().is_some());
        if is_ws { Ok(Self { ws_url: Some(ws_url), ..self }) } else { Err(Error::WsUrl) }
    }
}

pub(crate) fn http_url(url: &str) -> Result<url::Url> {
    url::Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or(Error::Url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_named_by_its_host_and_never_shows_its_key() {
        let endpoint = Endpoint::new("https://mainnet.example.com/v3/secret-key").unwrap();
        let endpoint = endpoint.with_ws("wss://mainnet.example.com/ws/secret-key").unwrap();
        assert_eq!(endpoint.name, "mainnet.example.com");
        assert!(!format!("{endpoint:?}").contains("secret-key"));
        assert_eq!(Endpoint::named("main", "http://127.0.0.1:1").unwrap().name, "main");
    }

    #[test]
    fn a_url_of_another_kind_is_refused() {
        assert!(Endpoint::new("ws://127.0.0.1:1").is_err());
        assert!(Endpoint::new("127.0.0.1").is_err());
        assert!(Endpoint::new("http://127.0.0.1:1").unwrap().with_ws("http://127.0.0.1:1").is_err());
    }
}
