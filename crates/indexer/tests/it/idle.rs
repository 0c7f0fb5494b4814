//! What an indexer costs that has nothing to do, counted by blocks and looks and not by the clock.

use std::time::{Duration, Instant};

use linkpool_chain::{Chain, Endpoint};
use linkpool_testkit::Proxy;

use crate::fixture::Fixture;

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const BLOCKS: u64 = 8;
/// Looks at the head in which nothing has changed, after each block.
const LOOKS: u64 = 25;
/// Calls of a block beside the look that found it: the tags, and once more where they moved, as they do here with each block; its
/// header; and of the block that became final its hash, and its comparison with what is written.
const OF_A_BLOCK: u64 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_finds_no_new_block_is_one_call() {
    let fixture = Fixture::set().await;
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    let chain = Chain::connect(&Endpoint::new(proxy.http_url()).unwrap().patient(), None).await.unwrap();
    let indexer = fixture.index_through(chain).await;
    fixture.caught_up().await;
    let (requests, calls) = proxy.counted();
    for _ in 0..BLOCKS {
        fixture.chain.mine(1).await.unwrap();
        fixture.caught_up().await;
        let begun = proxy.counted().0;
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while proxy.counted().0 < begun + LOOKS {
            assert!(Instant::now() < deadline, "the head is not looked at");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    let (requests, calls) = (proxy.counted().0 - requests, proxy.counted().1 - calls);
    assert!(requests >= BLOCKS * LOOKS, "{requests}");
    assert!(calls <= requests + BLOCKS * OF_A_BLOCK, "{calls} calls in {requests} requests, for {BLOCKS} blocks");
    indexer.stop().await.unwrap();
}
