//! One chain behind several endpoints: whom to ask, and whom next.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::stream::{FuturesUnordered, StreamExt};
use linkpool_primitives::{Address, checksum};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Endpoint, EndpointStatus, Error, Result, call::Call, health::Rank, peer::Peer};

const MAX_ENDPOINTS: usize = 16;
/// How long the start waits for the other endpoints once one has answered.
const START_GRACE_PERIOD: Duration = Duration::from_secs(1);

/// How much one endpoint's word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How many endpoints must give the same answer about heads, headers and logs; 1 believes the healthiest.
    pub quorum: usize,
    /// How many must agree on a receipt. Without a number: two, or as many as answer if those are fewer.
    pub receipt_quorum: Option<usize>,
    /// How often an endpoint that is not in use is looked after. Nothing is asked while nobody asks us.
    pub probe_every: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { quorum: 1, receipt_quorum: None, probe_every: Duration::from_secs(10) }
    }
}

/// A connected chain. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Chain {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// In the configured order, which decides between equals.
    peers: Vec<Arc<Peer>>,
    chain_id: u64,
    policy: Policy,
}

impl Chain {
    /// Connects to one endpoint.
    pub async fn connect(endpoint: &Endpoint, expected_chain_id: Option<u64>) -> Result<Self> {
        Self::connect_all(std::slice::from_ref(endpoint), expected_chain_id, Policy::default()).await
    }

    /// Connects to all of the endpoints and checks their chain ids; one that answers is enough. Without an expected id the first
    /// endpoint that answers says which chain it is. Those of another chain are never used, and those that are down are checked
    /// when they come back.
    ///
    /// # Errors
    /// [`Error::WrongChain`] where every endpoint that answers serves another chain, [`Error::Unreachable`] where none answers,
    /// [`Error::Names`] where the list is empty, too long, or names one twice.
    pub async fn connect_all(endpoints: &[Endpoint], expected_chain_id: Option<u64>, policy: Policy) -> Result<Self> {
        let is_repeated = |(index, endpoint): (usize, &Endpoint)| endpoints[..index].iter().any(|one| one.name == endpoint.name);
        let names_are_good = !endpoints.iter().enumerate().any(is_repeated) && endpoints.iter().all(|one| !one.name.is_empty());
        if endpoints.is_empty() || endpoints.len() > MAX_ENDPOINTS || !names_are_good {
            return Err(Error::Names);
        }
        let peers = endpoints.iter().map(|endpoint| Peer::new(endpoint).map(Arc::new)).collect::<Result<Vec<_>>>()?;
        let found = chain_ids(&peers, expected_chain_id).await;
        let first = found.iter().find_map(|id| id.as_ref()?.as_ref().ok().copied());
        let chain_id = expected_chain_id.or(first).unwrap_or_default();
        let mut told: Option<Error> = None;
        let mut is_connected = false;
        for (peer, found) in peers.iter().zip(found) {
            let outcome = match found {
                // Others answered long ago. It is looked at again as one that was away.
                None => Err(peer.late()),
                Some(Ok(found)) if found == chain_id => {
                    peer.health().verify(Instant::now());
                    is_connected = true;
                    Ok(())
                }
                Some(Ok(found)) => Err(Error::WrongChain { endpoint: peer.name.to_string(), expected: chain_id, found }),
                Some(Err(error)) => Err(error),
            };
            peer.note(&outcome);
            if let Err(error) = outcome {
                tracing::warn!(endpoint = %peer.name, %error, "an RPC endpoint is not in use");
                peer.health().warned();
                // A wrong chain is a mistake of whoever configured it; that is worth more words than an endpoint that is down.
                if told.is_none() || matches!(error, Error::WrongChain { .. }) {
                    told = Some(error);
                }
            }
        }
        match told {
            Some(error) if !is_connected => Err(error),
            _ => Ok(Self { inner: Arc::new(Inner { peers, chain_id, policy }) }),
        }
    }

    pub fn chain_id(&self) -> u64 {
        self.inner.chain_id
    }

    /// The name of the endpoint that is asked next.
    pub fn name(&self) -> &str {
        let now = Instant::now();
        let preferred = self.inner.peers.iter().min_by_key(|peer| peer.health().rank(now));
        preferred.map_or("", |peer| &peer.name)
    }

    /// What is known about each endpoint, in the configured order.
    pub fn endpoints(&self) -> Vec<EndpointStatus> {
        let (now, preferred) = (Instant::now(), self.name());
        let status = |peer: &Arc<Peer>| {
            let status = peer.health().status(&peer.name, now);
            EndpointStatus { is_preferred: status.name == preferred, ..status }
        };
        self.inner.peers.iter().map(status).collect()
    }

    /// Somebody found out that this endpoint's answer can't be true: it is not asked for a while, each time longer.
    pub fn report_faulty(&self, endpoint: &str, what: &str) {
        if let Some(peer) = self.peer(endpoint) {
            let now = Instant::now();
            if let Some(more) = peer.health().reports_faulty(now) {
                tracing::warn!(endpoint, what, more, "an endpoint was proven wrong; others are asked for a while");
            }
            peer.health().proven_faulty(what, now);
        }
    }

    /// Nothing is proven, but others shall be asked first for a few seconds.
    pub fn deprioritize(&self, endpoint: &str) {
        if let Some(peer) = self.peer(endpoint) {
            peer.health().deprioritized(Instant::now());
        }
    }

    /// Fails unless there is a contract at `address`.
    pub async fn require_code(&self, address: Address) -> Result<()> {
        let has_code = self.has_code(address).await?;
        if has_code { Ok(()) } else { Err(Error::NoCode { address: checksum(&address), chain_id: self.chain_id() }) }
    }

    pub(crate) fn policy(&self) -> Policy {
        self.inner.policy
    }

    pub(crate) fn peers(&self) -> &[Arc<Peer>] {
        &self.inner.peers
    }

    fn peer(&self, name: &str) -> Option<&Arc<Peer>> {
        self.inner.peers.iter().find(|peer| *peer.name == *name)
    }

    /// The endpoints in the order in which they are asked. One in quarantine is left out unless all are, and one of another chain
    /// likewise, so that the answer is then that it is one.
    pub(crate) fn order(&self) -> Vec<(Rank, Arc<Peer>)> {
        let now = Instant::now();
        let mut order: Vec<(Rank, Arc<Peer>)> =
            self.inner.peers.iter().map(|peer| (peer.health().rank(now), peer.clone())).collect();
        order.sort_by_key(|(rank, _)| *rank);
        for worst in [Rank::Quarantined, Rank::Excluded] {
            if order.first().is_some_and(|(rank, _)| *rank < worst) {
                order.retain(|(rank, _)| *rank < worst);
            }
        }
        order
    }

    /// Asks one endpoint, and notes how it went.
    pub(crate) async fn try_one<T, Fut>(&self, peer: &Arc<Peer>, request: impl FnOnce(Arc<Peer>) -> Fut) -> Result<T>
    where
        Fut: Future<Output = Result<T>>,
    {
        let outcome = match peer.verify(self.chain_id()).await {
            Ok(()) => request(peer.clone()).await,
            Err(error) => Err(error),
        };
        peer.note(&outcome);
        outcome
    }

    /// A call whose answer needs no checks.
    pub(crate) async fn request<P: Serialize, R: DeserializeOwned>(&self, method: &'static str, params: P) -> Result<R> {
        let call = call(method, &params)?;
        let call = &call;
        self.ask(|peer| async move { peer.request(call).await }).await
    }

    /// The chain's own endpoint, where a development chain is steered.
    #[cfg(feature = "dev")]
    pub(crate) fn first(&self) -> &Peer {
        &self.inner.peers[0]
    }
}

/// The most telling of several endpoints' errors, with the names of all that failed alike.
#[derive(Debug, Default)]
pub(crate) struct Failures(Option<Error>);

impl Failures {
    pub fn hear(&mut self, error: Error) {
        match &mut self.0 {
            Some(Error::Unreachable { endpoint, .. }) if matches!(error, Error::Unreachable { .. }) => {
                if let Error::Unreachable { endpoint: other, .. } = error {
                    *endpoint = format!("{endpoint}`, `{other}");
                }
            }
            Some(told) if told.weight() >= error.weight() => {}
            told => *told = Some(error),
        }
    }

    /// Whether somebody answered, if only that there is no such thing.
    pub fn is_an_answer(&self) -> bool {
        matches!(&self.0, Some(error) if error.is_a_lack() || matches!(error, Error::Rpc { .. }))
    }

    pub fn into_error(self) -> Error {
        self.0.unwrap_or_else(|| Error::Unreachable { endpoint: "any".to_owned(), cause: "none is configured".to_owned() })
    }
}

/// A call with its parameters, which every caller gives as a tuple or an array.
pub(crate) fn call(method: &'static str, params: &impl Serialize) -> Result<Call> {
    let params = serde_json::to_value(params).map_err(|error| Error::Rpc {
        endpoint: "linkpool".to_owned(),
        code: -32602,
        message: format!("the parameters of {method} can't be written: {error}"),
    })?;
    let params = if params.is_null() { serde_json::json!([]) } else { params };
    Ok(Call::new(method, params))
}

/// Each endpoint's chain id. Once one is right, the others get a moment only: one that hangs must not hold up the start.
async fn chain_ids(peers: &[Arc<Peer>], expected: Option<u64>) -> Vec<Option<Result<u64>>> {
    let mut found: Vec<Option<Result<u64>>> = peers.iter().map(|_| None).collect();
    let ask = |(index, peer): (usize, &Arc<Peer>)| {
        let peer = peer.clone();
        async move { (index, peer.chain_id().await) }
    };
    let mut asked: FuturesUnordered<_> = peers.iter().enumerate().map(ask).collect();
    let mut grace = None;
    loop {
        let next = match grace {
            None => asked.next().await,
            Some(until) => tokio::time::timeout_at(until, asked.next()).await.unwrap_or_default(),
        };
        let Some((index, id)) = next else { return found };
        if id.as_ref().is_ok_and(|id| expected.is_none_or(|expected| expected == *id)) && grace.is_none() {
            grace = Some(tokio::time::Instant::now() + START_GRACE_PERIOD);
        }
        found[index] = Some(id);
    }
}
