//! Opening a subscription to new heads, at whichever endpoint gives one.

use std::{sync::Arc, time::Duration};

use alloy::{
    providers::{Provider, ProviderBuilder, RootProvider, WsConnect},
    pubsub::Subscription,
};
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value;
use tokio::time::timeout;

use crate::peer::Peer;

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
