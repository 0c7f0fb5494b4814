//! The node behind the proxy.

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use super::{provider::Provider, rules::Rules};
use crate::{Error, Result};

/// What errors call the proxy.
pub(super) const NAME: &str = "the fault proxy";
pub(super) const JSON: &str = "application/json";
/// Longer than any client waits.
const NODE_TIMEOUT: Duration = Duration::from_secs(60);

/// The node behind the proxy, and what happens on the way to it.
#[derive(Debug)]
pub(super) struct Node {
    pub port: u16,
    pub rules: Rules,
    client: reqwest::Client,
    provider: Mutex<Option<Arc<Provider>>>,
    /// Websockets.
    pub tunnels: AtomicU64,
    /// Requests while it acted as a provider.
    pub requests: AtomicU64,
    /// Requests of any kind but websockets.
    pub all: AtomicU64,
}

impl Node {
    pub fn new(port: u16, rules: Rules) -> Result<Self> {
        let client = reqwest::Client::builder().timeout(NODE_TIMEOUT).no_proxy().build();
        let client = client.map_err(|error| Error::Unreachable { what: NAME, cause: error.to_string() })?;
        let [tunnels, requests, all] = [0; 3].map(AtomicU64::new);
        Ok(Self { port, rules, client, provider: Mutex::new(None), tunnels, requests, all })
    }

    /// Whom it acts as.
    pub fn provider(&self) -> Option<Arc<Provider>> {
        self.provider.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn act_as(&self, provider: Option<Provider>) {
        *self.provider.lock().unwrap_or_else(PoisonError::into_inner) = provider.map(Arc::new);
    }

    /// What the node at `port` answers to this body; `None` where it does not.
    pub async fn ask(&self, port: u16, body: Vec<u8>) -> Option<Vec<u8>> {
        let request = self.client.post(format!("http://127.0.0.1:{port}")).header("Content-Type", JSON).body(body);
        let answer = request.send().await.ok()?;
        answer.bytes().await.ok().map(|bytes| bytes.to_vec())
    }
}
