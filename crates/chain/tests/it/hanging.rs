//! Endpoints that take a connection and never answer: they cost a moment, however many they are and wherever they stand.

use std::time::{Duration, Instant};

use linkpool_chain::{Chain, Endpoint, Policy};
use linkpool_primitives::Address;
use linkpool_testkit::{Fault, Proxy};

use crate::fixture::{EMITTER, Fixture};

/// What one of them alone would take to give up.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest that anything may take beside them: not even two of them one after the other.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);

/// So many in front of the scene's own endpoints.
async fn holes(fixture: &Fixture, count: usize) -> (Vec<Proxy>, Vec<Endpoint>) {
    let (mut proxies, mut endpoints) = (Vec::new(), Vec::new());
    for number in 0..count {
        let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
        let endpoint = Endpoint::named(format!("hole {number}"), proxy.http_url()).unwrap();
        endpoints.push(Endpoint { timeout: REQUEST_TIMEOUT, ..endpoint });
        proxies.push(proxy);
    }
    endpoints.extend(fixture.endpoints().into_iter().map(|endpoint| Endpoint { timeout: REQUEST_TIMEOUT, ..endpoint }));
    (proxies, endpoints)
}

fn hang(holes: &[Proxy]) {
    holes.iter().for_each(|hole| hole.set(Fault::TimeoutBefore));
}

/// Everything that a start asks, each question within the bound.
async fn ask_everything(chain: &Chain) {
    within("the heads", async || chain.heads().await.map(drop)).await;
    within("the code", async || chain.has_code(EMITTER).await.map(drop)).await;
    within("a nonce", async || chain.nonce(Address::ZERO).await.map(drop)).await;
    within("a balance", async || chain.balance(Address::ZERO).await.map(drop)).await;
    within("a header", async || chain.header(3).await.map(drop)).await;
    within("logs", async || chain.final_logs(EMITTER, 1, 8).await.map(drop)).await;
    within("blocks", async || chain.blocks(EMITTER, 4, 10).await.map(drop)).await;
}

async fn within(what: &str, ask: impl AsyncFn() -> linkpool_chain::Result<()>) {
    let begun = Instant::now();
    ask().await.unwrap();
    assert!(begun.elapsed() < TOTAL_TIMEOUT, "{what} took {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_hang_from_the_start_are_not_waited_for_one_after_the_other() {
    let fixture = Fixture::with(1).await;
    let (proxies, endpoints) = holes(&fixture, 15).await;
    hang(&proxies);
    let begun = Instant::now();
    let chain = Chain::connect_all(&endpoints, Some(31337), Policy::default()).await.unwrap();
    ask_everything(&chain).await;
    assert!(begun.elapsed() < 2 * TOTAL_TIMEOUT, "all of it took {:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_begin_to_hang_are_not_waited_for_one_after_the_other() {
    let fixture = Fixture::with(1).await;
    let (proxies, endpoints) = holes(&fixture, 6).await;
    let chain = Chain::connect_all(&endpoints, Some(31337), Policy::default()).await.unwrap();
    hang(&proxies);
    ask_everything(&chain).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quorum_is_found_among_those_that_hang() {
    let fixture = Fixture::with(2).await;
    let (proxies, endpoints) = holes(&fixture, 6).await;
    hang(&proxies);
    let policy = Policy { quorum: 2, ..Policy::default() };
    let chain = Chain::connect_all(&endpoints, Some(31337), policy).await.unwrap();
    ask_everything(&chain).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quorum_is_found_among_those_that_begin_to_hang() {
    let fixture = Fixture::with(2).await;
    let (proxies, endpoints) = holes(&fixture, 6).await;
    let policy = Policy { quorum: 2, receipt_quorum: Some(2), ..Policy::default() };
    let chain = Chain::connect_all(&endpoints, Some(31337), policy).await.unwrap();
    hang(&proxies);
    ask_everything(&chain).await;
}
