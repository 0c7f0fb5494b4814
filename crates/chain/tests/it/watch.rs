use std::time::Duration;

use linkpool_chain::{HeadSubscription, Policy, Wake};
use linkpool_testkit::{Anvil, AnvilOptions, Fault, Tools, until};
use tokio::time::{Instant, timeout};

use crate::fixture::{Fixture, WAIT_TIMEOUT, status};

const WAKE_TIMEOUT: Duration = Duration::from_secs(60);
/// So long that a wake-up within `WAKE_TIMEOUT` can't come from polling.
const POLL_INTERVAL: Duration = Duration::from_secs(600);

async fn announced(watch: &mut HeadSubscription) {
    let wait = async { while watch.next().await != Wake::Announced {} };
    assert!(timeout(WAKE_TIMEOUT, wait).await.is_ok(), "the block was not announced");
}

async fn subscribed(watch: &mut HeadSubscription) {
    let wait = async {
        while !watch.is_subscribed() {
            watch.next().await;
        }
    };
    timeout(WAKE_TIMEOUT, wait).await.expect("a subscription");
}

#[tokio::test]
async fn a_new_block_is_announced_and_nobody_polls() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    let mut watch = chain.subscribe_heads(POLL_INTERVAL);
    subscribed(&mut watch).await;
    assert!(status(&chain, "alpha").is_subscribed);
    for _ in 0..5 {
        fixture.mine(1).await;
        announced(&mut watch).await;
    }
    drop(watch);
    until("the subscription ends", WAIT_TIMEOUT, async || !status(&chain, "alpha").is_subscribed).await;
}

#[tokio::test]
async fn without_a_websocket_the_head_is_looked_at_by_the_clock() {
    let fixture = Fixture::with(1).await;
    let mut endpoints = fixture.endpoints();
    endpoints[0].ws_url = None;
    let chain = linkpool_chain::Chain::connect_all(&endpoints, None, Policy::default()).await.unwrap();
    let mut watch = chain.subscribe_heads(Duration::from_millis(50));
    let begun = Instant::now();
    for _ in 0..4 {
        assert_eq!(watch.next().await, Wake::Look);
    }
    assert!(begun.elapsed() >= Duration::from_millis(150), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_silent_subscription_is_noticed_and_another_endpoint_announces() {
    let fixture = Fixture::with(2).await;
    let chain = fixture.chain().await;
    let mut watch = chain.subscribe_heads(POLL_INTERVAL);
    subscribed(&mut watch).await;
    fixture.proxies[0].set(Fault::SilentSubscriptions);
    fixture.mine(1).await;
    // It is silent as long as nothing tells otherwise: the wake-up is the watchdog's.
    timeout(WAKE_TIMEOUT, async {
        while !status(&chain, "beta").is_subscribed {
            watch.next().await;
        }
    })
    .await
    .expect("the other endpoint");
    fixture.mine(1).await;
    announced(&mut watch).await;
    assert_eq!(fixture.proxies[1].subscriptions(), 1);
}

#[tokio::test]
async fn while_no_subscription_works_the_clock_does_and_then_it_comes_back() {
    let fixture = Fixture::with(1).await;
    let chain = fixture.chain().await;
    fixture.proxies[0].set(Fault::NoSubscriptions);
    let mut watch = chain.subscribe_heads(Duration::from_millis(50));
    for _ in 0..4 {
        assert_eq!(timeout(WAKE_TIMEOUT, watch.next()).await.unwrap(), Wake::Look);
    }
    assert!(!watch.is_subscribed());
    fixture.proxies[0].clear();
    subscribed(&mut watch).await;
    fixture.mine(1).await;
    announced(&mut watch).await;
    fixture.proxies[0].set(Fault::NoSubscriptions);
    timeout(WAKE_TIMEOUT, async {
        while watch.is_subscribed() {
            watch.next().await;
        }
    })
    .await
    .expect("the end of the subscription");
    assert_eq!(timeout(WAKE_TIMEOUT, watch.next()).await.unwrap(), Wake::Look);
}

#[tokio::test]
async fn a_websocket_of_another_chain_is_not_listened_to() {
    let fixture = Fixture::with(2).await;
    let options = AnvilOptions { chain_id: 5, ..AnvilOptions::default() };
    let other = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
    let mut endpoints = fixture.endpoints();
    endpoints[0].ws_url = Some(other.ws_url());
    let chain = linkpool_chain::Chain::connect_all(&endpoints, Some(31337), Policy::default()).await.unwrap();
    let mut watch = chain.subscribe_heads(POLL_INTERVAL);
    subscribed(&mut watch).await;
    let status: Vec<bool> = chain.endpoints().iter().map(|endpoint| endpoint.is_subscribed).collect();
    assert_eq!(status, [false, true]);
    fixture.mine(1).await;
    announced(&mut watch).await;
}

#[tokio::test]
async fn websockets_that_hang_do_not_add_up() {
    const HOLES: usize = 14;
    let fixture = Fixture::with(1).await;
    let good = fixture.endpoints().remove(0);
    // It takes connections and never says a word.
    let hole = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hole_url = format!("ws://{}", hole.local_addr().unwrap());
    let named = |name: String, ws_url: String| {
        let mut endpoint = good.clone();
        (endpoint.name, endpoint.ws_url) = (name, Some(ws_url));
        endpoint
    };
    let mut endpoints: Vec<_> = (0..HOLES).map(|number| named(format!("hole {number}"), hole_url.clone())).collect();
    endpoints.push(good.clone());
    let chain = linkpool_chain::Chain::connect_all(&endpoints, None, Policy::default()).await.unwrap();
    let mut watch = chain.subscribe_heads(POLL_INTERVAL);
    let wait = async {
        while !watch.is_subscribed() {
            watch.next().await;
        }
    };
    // One after the other they take 70 s.
    timeout(WAKE_TIMEOUT, wait).await.expect("a subscription at the one that answers");
    assert!(status(&chain, "alpha").is_subscribed);
}
