//! A registrar in a process of its own, to be killed and stopped: this test program again.

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use linkpool_chain::{Chain, Endpoint, Policy};
use linkpool_db::{Connect, Database};
use linkpool_primitives::Address;
use linkpool_process::{Signal, spawn_holding};
use linkpool_registrar::{Funding, RegistrarConfig};
use linkpool_tx_manager::{Limits, TransactionConfig};
use rustix::process::{Pid, kill_process};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;

use crate::fixture::signer;

/// Set in a process that is to be a registrar.
const REGISTRAR: &str = "LINKPOOL_TEST_REGISTRAR";
/// Shorter than any patience of a test, longer than any answer.
const ENDPOINT_TIMEOUT: Duration = Duration::from_millis(700);
const ETHER: u128 = 1_000_000_000_000_000_000;

/// What such a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    pub database_url: String,
    pub rpc_urls: Vec<String>,
    pub pool: Address,
    pub use_lease: bool,
    pub lease_ms: u64,
    pub poll_ms: u64,
    pub require_indexed: bool,
}

/// Of what a registrar has said, as much as a failed test shows.
const SHOWN_BYTES: usize = 8_000;

/// A registrar that ends when this handle is dropped, or when the tests end; and what it says.
pub struct Process(Child, NamedTempFile);

impl Process {
    pub fn start(order: &Order) -> Self {
        Self::start_with(order, None)
    }

    /// One that dies, as if by kill -9, when it comes to `point`.
    pub fn start_with(order: &Order, point: Option<&'static str>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "transactions::process::runs_a_registrar_if_started_as_one", "--nocapture"]);
        command.env(REGISTRAR, serde_json::to_string(order).unwrap());
        match point {
            Some(point) => command.env("LINKPOOL_FAILPOINT", point),
            None => command.env_remove("LINKPOOL_FAILPOINT"),
        };
        let words = NamedTempFile::new().unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(words.reopen().unwrap());
        Self(spawn_holding(command, Signal::KILL, None).unwrap(), words)
    }

    /// Whether it still runs, and the last that it said: for a test that fails.
    pub fn describe(&mut self) -> String {
        let state = self.0.try_wait().unwrap().map_or_else(|| "runs".to_owned(), |status| format!("has ended with {status}"));
        let words = std::fs::read(self.1.path()).unwrap();
        let last = String::from_utf8_lossy(&words[words.len().saturating_sub(SHOWN_BYTES)..]).into_owned();
        format!("the registrar {} {state}, and said at last:\n{last}", self.0.id())
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGTERM, without waiting for what it does about it.
    pub fn terminate(self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        // Its handle kills on drop, and it must end by itself.
        std::thread::spawn(move || {
            let mut process = self;
            let _ = process.0.wait();
        });
    }

    /// The most memory that it ever held, in MB of 10^6 bytes.
    pub fn peak_memory_mb(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
        kibibytes * 1_024.0 / 1_000_000.0
    }

    /// SIGSTOP: it does nothing and knows nothing of it.
    pub fn pause(&self) {
        kill_process(Pid::from_child(&self.0), Signal::STOP).unwrap();
    }

    /// SIGCONT.
    pub fn go_on(&self) {
        kill_process(Pid::from_child(&self.0), Signal::CONT).unwrap();
    }

    /// Waits until it has ended by itself.
    pub async fn ended(mut self) {
        let deadline = std::time::Instant::now() + crate::fixture::WAIT_TIMEOUT;
        while self.0.try_wait().unwrap().is_none() {
            assert!(std::time::Instant::now() < deadline, "the registrar goes on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has been waited for already is no error here.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn runs_a_registrar_if_started_as_one() {
    let Ok(order) = std::env::var(REGISTRAR) else { return };
    tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).init();
    let order: Order = serde_json::from_str(&order).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let endpoints: Vec<_> = order.rpc_urls.iter().map(|url| endpoint(url)).collect();
        // Started again and again while endpoints fail, as a supervisor would.
        let chain = loop {
            match Chain::connect_all(&endpoints, Some(31_337), Policy::default()).await {
                Ok(chain) => break chain,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        let transactions = TransactionConfig {
            // Measurements and campaigns set their own limits; that the defaults hold is tested in `limits`.
            limits: Limits::none(),
            use_lease: order.use_lease,
            lease_term: Duration::from_millis(order.lease_ms),
            poll_interval: Duration::from_millis(order.poll_ms),
            replace_after_blocks: 8,
            ..TransactionConfig::default()
        };
        let config = RegistrarConfig {
            transactions,
            funding: Funding { daily_cap_wei: Some(1_000 * ETHER), ..Funding::default() },
            require_indexed: order.require_indexed,
            ..RegistrarConfig::new(order.pool)
        };
        let database = database(&order.database_url).await;
        let shutdown = CancellationToken::new();
        let told = shutdown.clone();
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
        tokio::spawn(async move {
            terminate.recv().await;
            told.cancel();
        });
        linkpool_registrar::run(config, database, chain, Arc::new(signer()), shutdown).await.unwrap();
    });
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint { timeout: ENDPOINT_TIMEOUT, ..Endpoint::new(url).unwrap() }
}

pub async fn database(url: &str) -> Database {
    Database::connect(&Connect { max_connections: 6, ..Connect::new(url).patient() }).await.unwrap()
}
