//! Figures for `cargo xtask bench registrar`, of real processes. Does nothing unless `LINKPOOL_MEASURE` is set.
//!
//! The processes run without limits on registrations; that the defaults hold is tested in `limits`.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use linkpool_db::{
    fleet::Phase,
    tx::{NonceState, RequestState, TransactionFilter, TransactionView},
};
use linkpool_testkit::AnvilOptions;

use super::{
    crash::order,
    handed_in::{registration, sender},
    process::{Order, Process},
};
use crate::fixture::{Fixture, Node, WAIT_TIMEOUT};

/// Nodes that the percentile is taken of.
const NODES: usize = 40;
const FAIL_OVERS: u32 = 3;
const BURST: usize = 100;
/// What a role has by default.
const LEASE_MS: u64 = 5_000;
const POLL_MS: u64 = 500;
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread")]
async fn how_fast_it_is_and_how_little_it_needs() {
    if std::env::var_os("LINKPOOL_MEASURE").is_none() {
        return;
    }
    let options = AnvilOptions { block_time: Some(Duration::from_secs(1)), slots_in_epoch: 8, ..AnvilOptions::default() };
    let fixture = Fixture::with(options).await;
    let order = Order { poll_ms: POLL_MS, ..order(&fixture, true, LEASE_MS) };
    let first = Process::start(&order);
    broadcast(&fixture).await;
    let registrar = burst(&fixture, first).await;
    fail_overs(&fixture, &order, registrar).await;
}

/// From the moment a node is healthy until an endpoint has its registration.
async fn broadcast(fixture: &Fixture) {
    let mut seconds = Vec::new();
    for _ in 0..NODES {
        seconds.push(until_sent(fixture, &fixture.prepared().await, Instant::now).await);
    }
    seconds.sort_by(f64::total_cmp);
    row("broadcast_p50_ms", percentile(&seconds, 50) * 1_000.0, "ms");
    row("broadcast_p95_ms", percentile(&seconds, 95) * 1_000.0, "ms");
}

/// A hundred registrations at once: the blocks until the last is mined, and the most that were ever in flight.
async fn burst(fixture: &Fixture, registrar: Process) -> Process {
    let chain = fixture.chain.clone();
    let sender = sender(fixture).await;
    let mut requests = Vec::new();
    for _ in 0..BURST {
        requests.push(registration(fixture).await.1);
    }
    let begin = chain.heads().await.unwrap().head.number;
    let mut ids = Vec::new();
    for (index, request) in requests.iter().enumerate() {
        ids.push(sender.submit(&format!("burst {index}"), request).await.unwrap());
    }
    let (deadline, mut most) = (Instant::now() + WAIT_TIMEOUT * 3, 0);
    let filter = TransactionFilter { limit: 1_000, ..TransactionFilter::default() };
    let blocks = loop {
        let transactions = fixture.database.transactions(&filter).await.unwrap();
        let open = |it: &&TransactionView| matches!(it.nonce_state, Some(NonceState::Reserved | NonceState::Sent));
        most = most.max(transactions.iter().filter(open).count());
        let ours: Vec<_> = transactions.iter().filter(|it| ids.contains(&it.id)).collect();
        if ours.iter().all(|it| it.state == RequestState::Done) {
            // A block can't hold more than were in flight when it was made.
            let mut per_block: HashMap<u64, usize> = HashMap::new();
            ours.iter().filter_map(|it| it.receipt).for_each(|it| *per_block.entry(it.block_number).or_default() += 1);
            most = most.max(per_block.values().copied().max().unwrap_or_default());
            break per_block.keys().copied().max().unwrap_or_default() - begin;
        }
        assert!(Instant::now() < deadline, "the burst is not mined");
        tokio::time::sleep(LOOK_INTERVAL).await;
    };
    assert!(most <= 16, "{most} were in flight at once");
    row("burst_blocks", blocks as f64, "blocks");
    row("burst_in_flight", most as f64, "transactions");
    row("rss_mb", registrar.peak_memory_mb(), "MB");
    registrar
}

/// The longest of some: from the death of the instance that works until the other has sent what was waiting.
async fn fail_overs(fixture: &Fixture, order: &Order, first: Process) {
    let mut leader = first;
    for (name, kill) in [("failover_kill_s", true), ("failover_term_s", false)] {
        let mut longest = 0.0f64;
        for _ in 0..FAIL_OVERS {
            let follower = Process::start(order);
            let node = fixture.prepared().await;
            // It has connected, and looks for the lease.
            tokio::time::sleep(Duration::from_secs(2)).await;
            let leaving = std::mem::replace(&mut leader, follower);
            let moment = || {
                let begin = Instant::now();
                if kill {
                    leaving.kill()
                } else {
                    leaving.terminate()
                }
                begin
            };
            longest = longest.max(until_sent(fixture, &node, moment).await);
        }
        row(name, longest, "s");
    }
}

/// Seconds from `begin` until the node, which is healthy then, has its registration sent.
async fn until_sent(fixture: &Fixture, node: &Node, begin: impl FnOnce() -> Instant) -> f64 {
    let begin = begin();
    fixture.healthy(node).await;
    let filter = TransactionFilter { node_id: Some(node.id.clone()), limit: 10, ..TransactionFilter::default() };
    loop {
        let transactions = fixture.database.transactions(&filter).await.unwrap();
        if let Some(it) = transactions.iter().find(|it| it.kind == "register" && it.attempts > 0) {
            let signed = fixture.database.attempts_of(it.id).await.unwrap();
            if signed.iter().any(|(_, attempt)| attempt.sends > 0) {
                break;
            }
        }
        assert!(begin.elapsed() < WAIT_TIMEOUT, "the registration is not sent: {transactions:#?}");
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
    let seconds = begin.elapsed().as_secs_f64();
    fixture.phase(&node.id, Phase::Open).await;
    seconds
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent).div_ceil(100) - 1]
}

fn row(name: &str, value: f64, unit: &str) {
    println!("row {name} {value:.3} {unit}");
}
