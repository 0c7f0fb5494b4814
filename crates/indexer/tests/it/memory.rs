//! What an index takes of the machine's memory behind an endpoint that pads its answers, in a process of its own.

use std::time::{Duration, Instant};

use linkpool_testkit::{Fault, Proxy};

use crate::{fixture::Fixture, kill::Indexer};

const WAIT_TIMEOUT: Duration = Duration::from_secs(300);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Just less than the longest answer that is read: that of one block.
const PADDING: usize = 63 << 20;
const MAX_MB: u64 = 200;

/// The most memory that a process ever had, in MB.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1_024
}

/// Every range of several blocks is cut off and asked for shorter, down to single blocks, which are read whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it moves gigabytes: `cargo xtask prove indexer memory` runs it"]
async fn behind_an_endpoint_that_answers_hugely_an_index_takes_a_bounded_memory() {
    let fixture = Fixture::set().await;
    for holder in 0..3 {
        fixture.stake(holder, 5).await;
    }
    let proxy = Proxy::start(fixture.anvil.port()).await.unwrap();
    proxy.set(Fault::Verbose(PADDING).on("eth_getLogs"));
    let indexer = Indexer::start_at(&fixture, &proxy.http_url());
    let (begun, head) = (Instant::now(), fixture.chain.heads().await.unwrap().head);
    loop {
        let cursor = fixture.database.cursor().await.unwrap();
        if cursor.as_ref().is_some_and(|cursor| cursor.block.hash == head.hash) {
            break;
        }
        assert!(begun.elapsed() < WAIT_TIMEOUT, "it stays at {cursor:?}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    let peak = peak(indexer.id());
    println!("answers of {} MiB each: the index took {peak} MB at most: 0 differences", PADDING >> 20);
    assert!(peak < MAX_MB, "{peak} MB");
    proxy.clear();
    fixture.assert_equal().await;
}
