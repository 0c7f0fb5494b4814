//! One RPC endpoint, known by its name: its URL may hold a key and is never shown.

use std::time::Duration;

use alloy::{
    rpc::{
        client::{ClientBuilder, RpcClient},
        json_rpc::{RpcRecv, RpcSend},
    },
    transports::http::reqwest,
};
use linkpool_primitives::{Address, checksum};

use crate::{Error, Result};

/// Where a chain can be reached.
#[derive(Clone)]
pub struct Endpoint {
    /// Shown in logs, errors and status instead of the URL.
    pub name: String,
    pub url: String,
    /// Upper bound of one request.
    pub timeout: Duration,
}

impl Endpoint {
    /// An endpoint named by its host.
    pub fn new(url: impl Into<String>) -> Result<Self> {
        let url = url.into();
        let parsed = url::Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let host = parsed.as_ref().and_then(|parsed| parsed.host_str()).ok_or(Error::Url)?;
        let name = match parsed.as_ref().and_then(url::Url::port) {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self { name, url, timeout: Duration::from_secs(10) })
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A connected chain.
#[derive(Debug, Clone)]
pub struct Chain {
    pub(crate) name: String,
    pub(crate) client: RpcClient,
    chain_id: u64,
}

impl Chain {
    /// Connects and asks for the chain id, so that a wrong endpoint fails here with a sentence.
    pub async fn connect(endpoint: &Endpoint, expected_chain_id: Option<u64>) -> Result<Self> {
        let url = url::Url::parse(&endpoint.url).map_err(|_| Error::Url)?;
        let http = reqwest::Client::builder()
            .timeout(endpoint.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Unreachable { endpoint: endpoint.name.clone(), cause: error.to_string() })?;
        let client = ClientBuilder::default().http_with_client(http, url);
        let mut chain = Self { name: endpoint.name.clone(), client, chain_id: 0 };
        let id: alloy::primitives::U64 = chain.request("eth_chainId", ()).await?;
        chain.chain_id = id.to();
        match expected_chain_id {
            Some(expected) if expected != chain.chain_id => {
                Err(Error::WrongChain { endpoint: chain.name, expected, found: chain.chain_id })
            }
            _ => Ok(chain),
        }
    }

    pub fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// The endpoint's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Fails unless there is a contract at `address`.
    pub async fn require_code(&self, address: Address) -> Result<()> {
        let code: alloy::primitives::Bytes = self.request("eth_getCode", (address, "latest")).await?;
        if code.is_empty() { Err(Error::NoCode { address: checksum(&address), chain_id: self.chain_id }) } else { Ok(()) }
    }

    pub(crate) async fn request<P: RpcSend, R: RpcRecv>(&self, method: &'static str, params: P) -> Result<R> {
        self.client.request(method, params).await.map_err(|error| Error::classify(&self.name, error))
    }

    pub(crate) fn inconsistent(&self, what: impl Into<String>) -> Error {
        Error::Inconsistent { endpoint: self.name.clone(), what: what.into() }
    }
}
