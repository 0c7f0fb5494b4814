//! Where a node is, who we are to it, and how much of its time and bytes we take.

use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::{Error, ErrorKind};
use crate::Secret;

/// One node API: its address and our credentials there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// `http` or `https`, host, port, and a path prefix if a proxy needs one. No user, query or fragment.
    pub base_url: Url,
    /// Who we are. The role `view` is enough to read; each call says what it needs beyond that.
    pub credentials: Credentials,
}

/// How a client proves who it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Credentials {
    /// The headers `X-API-KEY` and `X-API-SECRET`. Preferred: no login, so no login limit.
    Token {
        /// The access key.
        key: Secret,
        /// The secret that goes with it.
        secret: Secret,
    },
    /// `POST /sessions` and the cookie `clsession`.
    Password {
        /// The API user.
        email: String,
        /// Their password.
        password: Secret,
    },
}

/// Bounds of every exchange with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time to connect, TLS included.
    pub connect_timeout: Duration,
    /// Time for one whole call of [`super::NodeClient`]: a login and a retry, where needed, are inside it.
    pub request_timeout: Duration,
    /// Longest body that is read; the longest real answer, `/health`, is about 7 kB.
    pub body_bytes: usize,
    /// Shortest time between two logins of one user at one host, in which at most three users log in there. A node allows 5 in
    /// 20 s *per client address*, so several programs behind one address share those.
    pub login_interval: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(3),
            request_timeout: Duration::from_secs(10),
            body_bytes: 1 << 20,
            login_interval: Duration::from_secs(20),
        }
    }
}

impl NodeConfig {
    /// Refuses addresses that would send credentials somewhere unclear or print them.
    pub(super) fn check(&self) -> Result<(), Error> {
        let url = &self.base_url;
        let reason = if !matches!(url.scheme(), "http" | "https") {
            "it must begin with http:// or https://"
        } else if url.host_str().is_none_or(str::is_empty) {
            "it names no host"
        } else if !url.username().is_empty() || url.password().is_some() {
            "it must not contain a user or password; put them under credentials"
        } else if url.query().is_some() || url.fragment().is_some() {
            "it must not have a query or fragment"
        } else {
            return Ok(());
        };
        Err(ErrorKind::InvalidAddress { reason }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base_url: &str, usable: bool) -> Result<(), url::ParseError> {
        let credentials = Credentials::Token { key: Secret::new("key"), secret: Secret::new("hunter2") };
        let config = NodeConfig { base_url: Url::parse(base_url)?, credentials };
        assert_eq!(config.check().is_ok(), usable, "{base_url}");
        assert!(!format!("{config:?}").contains("hunter2"));
        Ok(())
    }

    #[test]
    fn only_plain_http_addresses_are_usable() -> Result<(), url::ParseError> {
        check("http://127.0.0.1:6688", true)?;
        check("https://node-1.example:6689/chainlink/", true)?;
        check("ftp://node-1.example", false)?;
        check("http://user:pass@node-1.example", false)?;
        check("http://node-1.example/?key=1", false)?;
        check("http://node-1.example/#x", false)
    }
}
