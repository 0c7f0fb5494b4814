//! When to look at the head: as soon as an endpoint announces one, and from time to time where none does.
//!
//! A subscription is only a wake-up, and nothing of what it says is kept. Whoever is woken asks for the heads as always, so a
//! subscription that lies, lags or falls silent can cost time and never truth.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use alloy::{
    providers::{Provider, ProviderBuilder, RootProvider, WsConnect},
    pubsub::Subscription,
};
use futures_util::stream::{FuturesUnordered, StreamExt};
use linkpool_primitives::B256;
use serde_json::Value;
use tokio::{
    sync::{broadcast::error::RecvError, watch},
    task::JoinHandle,
    time::{Instant, sleep, sleep_until, timeout},
};

use crate::{Chain, peer::Peer};

/// The shortest silence that is looked into.
const MIN_SILENCE_TIMEOUT: Duration = Duration::from_secs(3);
/// Pauses between blocks count no longer than this, so that a chain that slept is watched as before when it wakes.
const MAX_BLOCK_INTERVAL: Duration = Duration::from_secs(30);
/// How late an announcement may come after the block was seen otherwise.
const ANNOUNCEMENT_TIMEOUT: Duration = Duration::from_secs(1);
const FIRST_RETRY_DELAY: Duration = Duration::from_millis(250);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(30);
/// Hashes of announced blocks that are remembered, to see whether a block was not.
const ANNOUNCED: usize = 64;

/// Why to look at the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// An endpoint says that there is a new block.
    Announced,
    /// It is time to.
    Look,
}

/// Wakes who follows the head. Ends its subscription when it is dropped.
#[derive(Debug)]
pub struct HeadSubscription {
    poll: Duration,
    next_look: Instant,
    seen: watch::Receiver<Seen>,
    task: Option<JoinHandle<()>>,
}

/// What the subscription last told. Heads that come faster than they are looked at are one.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Whether the last change was an announcement.
    is_news: bool,
    is_subscribed: bool,
}

impl Drop for HeadSubscription {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl HeadSubscription {
    /// Returns when there may be a new head. While a subscription works that is when it says so, or when it has been silent for
    /// long; otherwise every `poll`. It may be dropped and called again without losing anything.
    pub async fn next(&mut self) -> Wake {
        let is_subscribed = self.seen.borrow().is_subscribed;
        tokio::select! {
            changed = self.seen.changed(), if self.task.is_some() => {
                self.next_look = Instant::now() + self.poll;
                if changed.is_err() {
                    // The task is gone for good only when the runtime ends.
                    self.task = None;
                    return Wake::Look;
                }
                if self.seen.borrow_and_update().is_news { Wake::Announced } else { Wake::Look }
            }
            () = sleep_until(self.next_look), if !is_subscribed => {
                self.next_look = Instant::now() + self.poll;
                Wake::Look
            }
        }
    }

    /// Whether heads are announced at the moment.
    pub fn is_subscribed(&self) -> bool {
        self.seen.borrow().is_subscribed
    }
}

impl Chain {
    /// Wakes the caller for new heads: by the websocket of an endpoint that has one, and by time, every `poll`, while none works.
    pub fn subscribe_heads(&self, poll: Duration) -> HeadSubscription {
        let (tell, seen) = watch::channel(Seen::default());
        let has_websocket = self.peers().iter().any(|peer| peer.ws_url.is_some());
        let task = has_websocket.then(|| tokio::spawn(follow(self.clone(), tell)));
        HeadSubscription { poll, next_look: Instant::now(), seen, task }
    }
}

/// Keeps one subscription open, at the healthiest endpoint that gives one.
async fn follow(chain: Chain, tell: watch::Sender<Seen>) {
    let mut failures = 0;
    // Said once when every websocket has failed, and once when one works again.
    let mut is_told = false;
    loop {
        let order = chain.order().into_iter().map(|(_, peer)| peer);
        let mut order: Vec<Arc<Peer>> = order.filter(|peer| peer.ws_url.is_some()).collect();
        let all = order.len();
        if all == 0 {
            sleep(MAX_RETRY_DELAY).await;
            continue;
        }
        // Each endpoint once without a pause, then with longer and longer ones.
        order.rotate_left(failures % all);
        match first(&order, chain.chain_id()).await {
            Ok(opened) => {
                let peer = opened.peer.clone();
                let subscribed = Subscribed::to(&peer);
                if std::mem::take(&mut is_told) {
                    tracing::info!(endpoint = %peer.name, "over: new heads are announced again");
                }
                let outcome = listen(&chain, opened.subscription, &tell).await;
                drop(subscribed);
                tell.send_modify(|seen| *seen = Seen::default());
                is_told = true;
                tracing::warn!(endpoint = %peer.name, outcome = outcome.reason(), "new heads are looked for until a subscription works again");
                failures = if outcome.has_heard { 1 } else { failures + 1 };
            }
            Err(reason) => {
                failures += all;
                if !std::mem::replace(&mut is_told, true) {
                    tracing::warn!(reason, "no websocket can be subscribed to: new heads are looked for until one can");
                }
            }
        }
        if failures >= all {
            let doublings = ((failures - all) / all).min(16) as u32;
            sleep(FIRST_RETRY_DELAY.saturating_mul(1 << doublings).min(MAX_RETRY_DELAY)).await;
        }
    }
}

/// Marks an endpoint as the one that announces heads, however the subscription ends.
struct Subscribed(Arc<Peer>);

impl Subscribed {
    fn to(peer: &Arc<Peer>) -> Self {
        peer.health().set_subscribed(true);
        Self(peer.clone())
    }
}

impl Drop for Subscribed {
    fn drop(&mut self) {
        self.0.health().set_subscribed(false);
    }
}

#[derive(Debug, Clone, Copy)]
struct Ended {
    has_heard: bool,
    is_silent: bool,
}

impl Ended {
    fn reason(self) -> &'static str {
        if self.is_silent { "it announced no block though there was one" } else { "it was closed" }
    }
}

async fn listen(chain: &Chain, mut subscription: Subscription<Value>, tell: &watch::Sender<Seen>) -> Ended {
    let mut announced = Announced::default();
    if let Ok(heads) = chain.heads().await {
        announced.hear(Some(heads.head.hash));
    }
    let mut block_interval = BlockInterval::default();
    let mut has_heard = false;
    tell.send_modify(|seen| *seen = Seen { is_news: true, is_subscribed: true });
    loop {
        let heard = timeout(block_interval.patience(), subscription.recv()).await;
        let header = match heard {
            Ok(Ok(header)) => header,
            // Only the newest matters.
            Ok(Err(RecvError::Lagged(_))) => continue,
            Ok(Err(RecvError::Closed)) => return Ended { has_heard, is_silent: false },
            Err(_) => {
                tell.send_modify(|seen| seen.is_news = false);
                match chain.heads().await {
                    Ok(heads) if !announced.has(heads.head.hash) => {
                        match timeout(ANNOUNCEMENT_TIMEOUT, subscription.recv()).await {
                            Ok(Ok(header)) => header,
                            _ => return Ended { has_heard, is_silent: true },
                        }
                    }
                    // No new block, or nobody who could say so.
                    _ => continue,
                }
            }
        };
        has_heard = true;
        // The same block again is no news.
        if announced.hear(header["hash"].as_str().and_then(|hash| hash.parse().ok())) {
            block_interval.observe(Instant::now());
            tell.send_modify(|seen| seen.is_news = true);
        }
    }
}

/// The blocks that were announced last.
#[derive(Debug, Default)]
struct Announced(VecDeque<B256>);

impl Announced {
    /// Whether it is news; a block without a hash always is.
    fn hear(&mut self, hash: Option<B256>) -> bool {
        let Some(hash) = hash else { return true };
        if self.has(hash) {
            return false;
        }
        if self.0.len() == ANNOUNCED {
            self.0.pop_front();
        }
        self.0.push_back(hash);
        true
    }

    fn has(&self, hash: B256) -> bool {
        self.0.contains(&hash)
    }
}

/// How fast the chain makes blocks.
#[derive(Debug, Default)]
struct BlockInterval {
    last: Option<Instant>,
    pause: Duration,
}

impl BlockInterval {
    fn observe(&mut self, now: Instant) {
        if let Some(last) = self.last.replace(now) {
            self.pause = (self.pause * 3 + now.duration_since(last).min(MAX_BLOCK_INTERVAL)) / 4;
        }
    }

    /// How long a silence is not worth a look: two blocks.
    fn patience(&self) -> Duration {
        (self.pause * 2).max(MIN_SILENCE_TIMEOUT)
    }
}

/// Upper bound of opening one.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the first in turn has before the next is tried beside it: those that hang must not add up, and one that answers is not
/// asked in vain.
const FALLBACK_DELAY: Duration = Duration::from_millis(500);

/// A subscription, with the connection that it lives on.
pub(crate) struct Opened {
    pub peer: Arc<Peer>,
    pub subscription: Subscription<Value>,
    _provider: RootProvider,
}

/// The first that opens of these, in their order; otherwise why the last did not.
pub(crate) async fn first(peers: &[Arc<Peer>], chain_id: u64) -> Result<Opened, &'static str> {
    let (mut waiting, mut opening, mut last) = (peers.iter(), FuturesUnordered::new(), "no endpoint has a websocket");
    loop {
        let next = waiting.next();
        let has_more = next.is_some();
        opening.extend(next.map(|peer| open(peer, chain_id)));
        let ended = if has_more { timeout(FALLBACK_DELAY, opening.next()).await } else { Ok(opening.next().await) };
        match ended {
            Ok(Some(Ok(opened))) => return Ok(opened),
            Ok(Some(Err(reason))) => last = reason,
            Ok(None) if !has_more => return Err(last),
            // Nobody has answered yet.
            Ok(None) | Err(_) => {}
        }
    }
}

async fn open(peer: &Arc<Peer>, chain_id: u64) -> Result<Opened, &'static str> {
    let opened = timeout(OPEN_TIMEOUT, subscribe(peer, chain_id)).await.unwrap_or(Err("no answer in time"));
    if let Err(reason) = &opened {
        tracing::debug!(endpoint = %peer.name, reason, "no subscription could be opened");
    }
    opened
}

async fn subscribe(peer: &Arc<Peer>, chain_id: u64) -> Result<Opened, &'static str> {
    let url = peer.ws_url.as_ref().ok_or("it has no websocket")?;
    // Reconnecting is ours: another endpoint may be better.
    let connect = WsConnect::new(url.0.as_str()).with_max_retries(0);
    let provider = ProviderBuilder::default().connect_ws(connect).await.map_err(|_| "no connection")?;
    let found = provider.get_chain_id().await.map_err(|_| "it does not say which chain it serves")?;
    if found != chain_id {
        tracing::warn!(endpoint = %peer.name, found, expected = chain_id, "a websocket serves another chain and is not used: give `ws_url` one of the same chain as the endpoint");
        return Err("it serves another chain");
    }
    // As it comes: a header that lacks what others have wakes as well.
    let subscription = provider.subscribe::<_, Value>(("newHeads",)).await.map_err(|_| "it refuses subscriptions")?;
    Ok(Opened { peer: peer.clone(), subscription, _provider: provider })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_is_two_blocks_of_the_chain_and_at_least_three_seconds() {
        let start = Instant::now();
        let patience = |seconds: f64| {
            let mut block_interval = BlockInterval::default();
            for index in 0..40 {
                block_interval.observe(start + Duration::from_secs_f64(seconds) * index);
            }
            block_interval.patience().as_millis()
        };
        assert_eq!(patience(0.1), 3_000);
        assert!((23_900..=24_000).contains(&patience(12.0)), "{}", patience(12.0));
        assert!((59_000..=60_000).contains(&patience(600.0)));
    }
}
