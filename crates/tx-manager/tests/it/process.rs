//! A role in a process of its own, to be killed and stopped: this test program again.

use std::{
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use linkpool_chain::{Chain, Endpoint};
use linkpool_process::{Signal, spawn_holding};
use linkpool_tx_manager::{Limits, Sender, TransactionConfig};
use rustix::process::{Pid, kill_process};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{mining_fixture::database, role};
use crate::fixture::signer;

/// Set in a process that is to be a role.
const ROLE: &str = "LINKPOOL_TEST_ROLE";

/// What such a process is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    pub database_url: String,
    pub rpc_url: String,
    pub use_lease: bool,
    pub lease_ms: u64,
}

/// A role that ends when this handle is dropped, or when the tests end.
pub struct Process(Child);

impl Process {
    pub fn start(order: &Order) -> Self {
        Self::start_with(order, None)
    }

    /// One that dies, as if by kill -9, when it comes to `point`.
    pub fn start_with(order: &Order, point: Option<&'static str>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "process::runs_a_role_if_started_as_one", "--nocapture"]);
        command.env(ROLE, serde_json::to_string(order).unwrap());
        match point {
            Some(point) => command.env("LINKPOOL_FAILPOINT", point),
            None => command.env_remove("LINKPOOL_FAILPOINT"),
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(spawn_holding(command, Signal::KILL, None).unwrap())
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
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
            assert!(std::time::Instant::now() < deadline, "the process goes on");
            tokio::time::sleep(super::mining_fixture::POLL_INTERVAL).await;
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
fn runs_a_role_if_started_as_one() {
    let Ok(order) = std::env::var(ROLE) else { return };
    let order: Order = serde_json::from_str(&order).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let chain = Chain::connect(&Endpoint::new(&order.rpc_url).unwrap().patient(), Some(31_337)).await.unwrap();
        let config = TransactionConfig {
            limits: Limits::none(),
            use_lease: order.use_lease,
            lease_term: Duration::from_millis(order.lease_ms),
            poll_interval: Duration::from_millis(100),
            replace_after_blocks: 8,
            ..TransactionConfig::default()
        };
        let database = database(&order.database_url).await;
        let sender = Sender::new(config, database.clone(), chain, Arc::new(signer()));
        role::drive(sender, database, CancellationToken::new()).await.unwrap();
    });
}
