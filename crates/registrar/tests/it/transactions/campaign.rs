//! Everything at once: nodes that become healthy while registrars are killed and paused, endpoints fail, the pool forgets and
//! the chain reorganises. Afterwards every node is open, and nothing happened twice.
//!
//! `LINKPOOL_CAMPAIGN_NODES`, `LINKPOOL_CAMPAIGN_KILLS` and `LINKPOOL_SEED` set the counts and the course; the defaults are for CI.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use linkpool_db::{
    fleet::Phase,
    tx::{NonceState, RequestState, TransactionFilter, TransactionView},
};
use linkpool_replay::random::Random;
use linkpool_testkit::{AnvilOptions, Clock, Fault, Proxy, Rule, When};
use serde_json::json;

use super::{
    crash::order,
    process::{Order, Process},
};
use crate::fixture::{Fixture, Node};

const LEASE_MS: u64 = 1_000;
/// Final after 16 of them: no reorg here goes deeper.
const BLOCK_TIME: Duration = Duration::from_millis(300);
/// Nodes whose stand-ins run at the same time.
const BATCH: u64 = 10;
/// Longest wait for a batch once nothing fails any more; an endpoint that failed for long is asked again after a minute at most.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(180);

/// What is counted.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    pauses: u64,
    reorgs: u64,
    dropped_pools: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_paused_and_lied_to_two_registrars_register_every_node_once() {
    let (nodes, kills) = (count("LINKPOOL_CAMPAIGN_NODES", 10), count("LINKPOOL_CAMPAIGN_KILLS", 12));
    let seed = std::env::var("LINKPOOL_SEED").ok().map_or_else(moment, |text| text.parse().expect("LINKPOOL_SEED is a number"));
    eprintln!("{nodes} nodes, {kills} kills and pauses, LINKPOOL_SEED={seed}");
    let mut campaign = Campaign::begin(seed).await;
    let mut done = 0;
    while done < nodes {
        let batch = BATCH.min(nodes - done);
        // So many that every batch meets its share of the kills.
        let trouble = kills * (done + batch) / nodes - kills * done / nodes;
        campaign.batch(batch, trouble).await;
        done += batch;
        eprintln!(
            "{done} nodes open, {} kills, {} pauses, {} reorgs",
            campaign.tally.kills, campaign.tally.pauses, campaign.tally.reorgs
        );
    }
    campaign.end(nodes).await;
}

struct Campaign {
    fixture: Fixture,
    clock: Clock,
    proxies: [Proxy; 2],
    registrars: Vec<Process>,
    /// The same course for the same seed, as far as two processes and a clock allow.
    random: Random,
    tally: Tally,
}

impl Campaign {
    async fn begin(seed: u64) -> Self {
        let fixture = Fixture::with(AnvilOptions { slots_in_epoch: 8, ..AnvilOptions::default() }).await;
        let clock = Clock::start(&fixture.chain, BLOCK_TIME).await.unwrap();
        let proxies =
            [Proxy::seeded(fixture.port(), seed).await.unwrap(), Proxy::seeded(fixture.port(), seed + 1).await.unwrap()];
        let mut campaign =
            Self { fixture, clock, proxies, registrars: Vec::new(), random: Random::new(seed), tally: Tally::default() };
        for _ in 0..2 {
            let order = campaign.order(true);
            campaign.registrars.push(Process::start(&order));
        }
        campaign
    }

    fn order(&self, use_lease: bool) -> Order {
        let rpc_urls = self.proxies.iter().map(Proxy::http_url).collect();
        Order { rpc_urls, ..order(&self.fixture, use_lease, LEASE_MS) }
    }

    /// Makes so many nodes healthy, and trouble all the while; returns when all are open.
    async fn batch(&mut self, size: u64, kills: u64) {
        let mut nodes: Vec<Node> = Vec::new();
        let mut left = kills;
        for index in 0..size {
            nodes.push(self.fixture.node("").await);
            let share = kills * (index + 1) / size - kills * index / size;
            for _ in 0..share {
                self.trouble().await;
                left -= 1;
            }
        }
        assert_eq!(left, 0);
        self.proxies.iter().for_each(Proxy::clear);
        let deadline = Instant::now() + RECOVERY_TIMEOUT;
        for node in &nodes {
            self.open(&node.id, deadline).await;
        }
        for node in nodes {
            node.end().await;
        }
    }

    /// One kill or pause, with the faults of a moment around it.
    async fn trouble(&mut self) {
        self.proxies.iter().for_each(Proxy::clear);
        let proxy = &self.proxies[self.random.below(2) as usize];
        proxy.set(fault(&mut self.random));
        match self.random.below(12) {
            0 => {
                let depth = 1 + self.random.below(3);
                self.clock.reorg(depth).await.unwrap();
                self.tally.reorgs += 1;
            }
            1 => {
                self.fixture.control("anvil_dropAllTransactions", json!([])).await;
                self.tally.dropped_pools += 1;
            }
            _ => {}
        }
        tokio::time::sleep(Duration::from_millis(100 + self.random.below(900))).await;
        let victim = self.random.below(2) as usize;
        if self.random.below(4) == 0 {
            self.registrars[victim].pause();
            tokio::time::sleep(Duration::from_millis(LEASE_MS * 2)).await;
            self.registrars[victim].go_on();
            self.tally.pauses += 1;
        } else {
            // One in four works as if there were no lease: nothing that must never happen relies on it.
            let use_lease = self.random.below(4) > 0;
            let order = self.order(use_lease);
            let fresh = Process::start(&order);
            std::mem::replace(&mut self.registrars[victim], fresh).kill();
            self.tally.kills += 1;
        }
    }

    async fn open(&mut self, id: &str, deadline: Instant) {
        loop {
            let row = self.fixture.row(id).await;
            if row.phase == Phase::Open {
                return;
            }
            if Instant::now() > deadline {
                let filter = TransactionFilter { node_id: Some(id.into()), limit: 10, ..TransactionFilter::default() };
                let transactions = self.fixture.database.transactions(&filter).await.unwrap();
                let heads = self.fixture.chain.heads().await;
                let said: Vec<String> = self.registrars.iter_mut().map(Process::describe).collect();
                panic!("lost: {row:#?} {transactions:#?} {heads:?} {}", said.join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for finality and counts.
    async fn end(self, nodes: u64) {
        let deadline = Instant::now() + RECOVERY_TIMEOUT;
        let filter = TransactionFilter { limit: 1_000, ..TransactionFilter::default() };
        let transactions = loop {
            let transactions = self.fixture.database.transactions(&filter).await.unwrap();
            let settled = |it: &TransactionView| it.nonce_state == Some(NonceState::Final);
            if transactions.iter().all(settled) || Instant::now() > deadline {
                break transactions;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let (registered, sent) = (self.fixture.registered().await, self.fixture.sent().await);
        let mut nonces: Vec<u64> = transactions.iter().filter(|it| it.receipt.is_some()).filter_map(|it| it.nonce).collect();
        nonces.sort_unstable();
        nonces.dedup();
        let stuck =
            transactions.iter().filter(|it| it.nonce_state != Some(NonceState::Final) || it.state != RequestState::Done).count();
        let (lost, gaps) = (nodes.saturating_sub(registered), sent - nonces.len() as u64);
        // Each node is funded once and registered once.
        let duplicated = sent.saturating_sub(2 * nodes) + registered.saturating_sub(nodes);
        let Tally { kills, pauses, reorgs, dropped_pools } = self.tally;
        let struck: u64 = self.proxies.iter().map(Proxy::struck).sum();
        for (name, value) in [
            ("mined", registered),
            ("lost", lost),
            ("duplicated", duplicated),
            ("nonce_gaps", gaps),
            ("stuck", stuck as u64),
            ("kills", kills + pauses),
            ("pauses", pauses),
            ("reorgs", reorgs),
            ("dropped_pools", dropped_pools),
            ("faults", struck),
        ] {
            println!("row {name} {value} count");
        }
        assert_eq!((registered, lost, duplicated, gaps, stuck), (nodes, 0, 0, 0, 0), "{transactions:#?}");
    }
}

/// What one endpoint does for a while. Faults by chance strike some of the calls.
fn fault(random: &mut Random) -> Rule {
    let often = When::Chance { per_mille: 400 };
    let send = "eth_sendRawTransaction";
    match random.below(16) {
        0 => Fault::TimeoutBefore.on(send).when(often),
        1 => Fault::TimeoutAfter.on(send).when(often),
        2 => Fault::CloseBefore.when(often),
        3 => Fault::CloseAfter.on(send).when(often),
        4 => Fault::Status(429).when(often),
        5 => Fault::Status(503).when(often),
        6 => Fault::Malformed.when(often),
        7 => Fault::Truncated.when(often),
        8 => Fault::LagsBehind(1 + random.below(12)).into(),
        9 => Fault::ForgetsTransactions.on(send).when(often),
        10 => Fault::already_known().on(send).when(often),
        11 => Fault::nonce_too_low().on(send).when(often),
        12 => Fault::replacement_underpriced().on(send).when(often),
        13 => Fault::insufficient_funds().on(send).when(often),
        14 => Fault::ChainId(1).into(),
        _ => Fault::Latency(Duration::from_millis(150)).into(),
    }
}

fn count(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

fn moment() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into()
}
