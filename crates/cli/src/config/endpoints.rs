//! `[[chain.endpoints]]`: one RPC endpoint. Its URL may hold a key, so only its name is ever shown.

use std::time::Duration;

use anyhow::Result;
use linkpool_chain::Endpoint;
use linkpool_chainlink::Secret;
use serde::Deserialize;

use super::{file_path::FilePath, value::secret_file};
use crate::failure::Failure;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointConfig {
    /// Shown in logs, metrics, errors and status.
    pub name: String,
    url: Option<Secret>,
    /// A file with the URL that only its owner may read.
    pub url_file: Option<FilePath>,
    ws_url: Option<Secret>,
    /// A file with the websocket's URL that only its owner may read.
    pub ws_url_file: Option<FilePath>,
    timeout_ms: Option<u64>,
}

impl EndpointConfig {
    pub fn endpoint(&self) -> Result<Endpoint> {
        let wording = |key: &str| format!("chain.endpoints `{}`: {key}", self.name);
        let url = one_of(self.url.as_ref(), self.url_file.as_ref(), || wording("url and url_file"))?;
        let url = url.ok_or_else(|| Failure::bad_input(format!("{}: set one of them", wording("url and url_file"))))?;
        let mut endpoint = Endpoint::named(&self.name, url)?;
        if let Some(url) = one_of(self.ws_url.as_ref(), self.ws_url_file.as_ref(), || wording("ws_url and ws_url_file"))? {
            endpoint = endpoint.with_ws(url)?;
        }
        match self.timeout_ms {
            Some(timeout) => Ok(Endpoint { timeout: Duration::from_millis(timeout), ..endpoint }),
            None => Ok(endpoint),
        }
    }
}

/// The text itself, or what is in the file.
fn one_of(text: Option<&Secret>, file: Option<&FilePath>, wording: impl Fn() -> String) -> Result<Option<String>> {
    match (text, file) {
        (Some(_), Some(_)) => Err(Failure::bad_input(format!("{}: set one of them, not both", wording()))),
        (Some(text), None) => Ok(Some(text.expose().to_owned())),
        (None, Some(path)) => Ok(Some(secret_file(&wording(), path)?.trim().to_owned())),
        (None, None) => Ok(None),
    }
}
