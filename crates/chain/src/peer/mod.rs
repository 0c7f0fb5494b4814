//! One endpoint: what it is asked, what its answers must look like, and how it has behaved.

mod batch;
mod headers;
mod logs;
mod recent;
mod transactions;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde::de::DeserializeOwned;
use serde_json::{json, value::RawValue};

use crate::{
    Endpoint, Error, Log, MAX_ADDRESSES, Result,
    batch_limit::BatchLimit,
    body::{self, BUDGET},
    call::{Answer, Call, Given},
    classify,
    endpoint::http_url,
    health::EndpointHealth,
    rpc::Rpc,
};

/// An endpoint's configured name.
pub type EndpointName = Arc<str>;

pub(crate) use batch::Batch;
use recent::RecentHeads;

#[derive(Debug)]
pub(crate) struct Peer {
    pub name: EndpointName,
    /// Holds a key, perhaps.
    pub ws_url: Option<WsUrl>,
    rpc: Rpc,
    health: Mutex<EndpointHealth>,
    limits: Mutex<BatchLimit>,
    /// Whether a block held a log that its bloom denies: then none of its blooms says anything.
    has_false_blooms: AtomicBool,
    /// Addresses in one question for logs.
    list_length: AtomicUsize,
    pub recent: RecentHeads,
}

/// A websocket's address, which is not shown.
#[derive(derive_more::Debug)]
#[debug("WsUrl")]
pub(crate) struct WsUrl(pub String);

impl Peer {
    pub fn new(endpoint: &Endpoint) -> Result<Self> {
        let name: EndpointName = endpoint.name.as_str().into();
        let rpc = Rpc::new(http_url(&endpoint.url)?, endpoint.timeout);
        let rpc = rpc.map_err(|cause| Error::Unreachable { endpoint: name.to_string(), cause: cause.to_owned() })?;
        Ok(Self {
            name,
            ws_url: endpoint.ws_url.clone().map(WsUrl),
            rpc,
            health: Mutex::new(EndpointHealth::default()),
            limits: Mutex::new(BatchLimit::default()),
            has_false_blooms: AtomicBool::new(false),
            list_length: AtomicUsize::new(MAX_ADDRESSES),
            recent: RecentHeads::default(),
        })
    }

    pub fn health(&self) -> MutexGuard<'_, EndpointHealth> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub async fn request<R: DeserializeOwned>(&self, call: &Call) -> Result<R> {
        self.batch(std::slice::from_ref(call)).await?.take()
    }

    pub(crate) fn limits(&self) -> MutexGuard<'_, BatchLimit> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer as it came, for who sorts errors otherwise than reads do.
    pub async fn raw(&self, call: &Call) -> Result<Answer> {
        let sent = self.rpc.send(std::slice::from_ref(call), &mut BUDGET.share()).await;
        let sent = sent.map_err(|failure| classify::failure(&self.name, &call.method, &failure))?;
        sent.answers.into_iter().next().ok_or_else(|| self.garbled("there is none"))
    }

    /// Checks the chain id, unless that was done since the endpoint was last away.
    pub async fn verify(&self, chain_id: u64) -> Result<()> {
        if self.health().is_verified() {
            return Ok(());
        }
        let found = self.chain_id().await?;
        if found != chain_id {
            return Err(Error::WrongChain { endpoint: self.name.to_string(), expected: chain_id, found });
        }
        self.health().verify(Instant::now());
        Ok(())
    }

    pub async fn chain_id(&self) -> Result<u64> {
        let id: alloy::primitives::U64 = self.request(&Call::new("eth_chainId", json!([]))).await?;
        Ok(id.to())
    }

    /// Whether what its headers say of a block's logs is worth anything.
    pub fn believes_blooms(&self) -> bool {
        !self.has_false_blooms.load(Ordering::Relaxed)
    }

    /// It gave a log of a block whose bloom has none of the address.
    pub fn gave_false_bloom(&self, block: u64) {
        if !self.has_false_blooms.swap(true, Ordering::Relaxed) {
            tracing::warn!(endpoint = %self.name, block, "an endpoint's bloom denies a log that the block has: its blooms are ignored from now on");
        }
    }

    /// Notes how a request went.
    pub fn note<T>(&self, outcome: &Result<T>) {
        let now = Instant::now();
        match outcome {
            Err(error) if error.fails_over() => {
                tracing::debug!(endpoint = %self.name, %error, "an endpoint did not answer as it should");
                if let Error::Inconsistent { what, .. } = error
                    && let Some(more) = self.health().reports_faulty(now)
                {
                    tracing::warn!(endpoint = %self.name, what, more, "an endpoint gave an answer that can't be true; others are asked for a while");
                }
                self.health().failed(error, now);
            }
            // A refusal is an answer.
            _ => {
                if self.health().succeeded(now) {
                    tracing::info!(endpoint = %self.name, "over: the endpoint is in use again");
                }
            }
        }
    }

    pub fn saw_head(&self, number: u64, took: Duration) {
        self.health().saw_head(number, took, Instant::now());
    }

    pub fn inconsistent(&self, what: impl Into<String>) -> Error {
        Error::Inconsistent { endpoint: self.name.to_string(), what: what.into() }
    }

    pub fn lagging(&self, block: impl ToString) -> Error {
        Error::Lagging { endpoint: self.name.to_string(), block: block.to_string() }
    }

    fn garbled(&self, what: impl std::fmt::Display) -> Error {
        Error::Unreachable { endpoint: self.name.to_string(), cause: format!("an answer that can't be read: {what}") }
    }

    fn decode<R: DeserializeOwned>(&self, raw: &RawValue) -> Result<R> {
        match body::off_the_runtime(raw.get().len(), || serde_json::from_str(raw.get())) {
            Ok(value) => Ok(value),
            Err(_) if raw.get() == "null" => Err(self.lagging("asked for")),
            Err(error) => Err(self.garbled(error)),
        }
    }
}

impl Batch<'_> {
    pub fn take<R: DeserializeOwned>(&mut self) -> Result<R> {
        match (self.calls.next(), self.answers.next()) {
            (Some(_), Some(Ok(Given::Text(raw)))) => self.peer.decode(&raw),
            (Some(call), Some(Err(error))) => Err(classify::answer(&self.peer.name, &call.method, &error)),
            (_, Some(Ok(Given::Logs(_)))) => Err(self.peer.garbled("logs that nobody asked for")),
            _ => Err(self.peer.garbled("it lacks one of the calls")),
        }
    }

    /// The answer to a question for logs.
    pub fn take_logs(&mut self) -> Result<Vec<Log>> {
        match self.answers.as_mut_slice().first_mut() {
            Some(Ok(Given::Logs(logs))) => {
                let logs = std::mem::take(logs);
                self.calls.next();
                self.answers.next();
                Ok(logs)
            }
            _ => self.take(),
        }
    }
}
