//! A database, a directory, and a fleet between them, whichever backend runs the nodes.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_chainlink::SealKey;
use linkpool_db::{
    Connect, Database,
    fleet::{FleetNode, Operation, Phase, ProofMode, Replica, ReplicaState, ScaleOutcome, ScaleRequest},
};
use linkpool_fleet::{FleetConfig, Provisioner, Secrets};
use linkpool_health::Heartbeat;
use linkpool_testkit::{TestDatabase, until};
use rustix::process::{Pid, Signal, kill_process};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::backend::{self, Config, Surroundings};

/// Longest wait for anything that takes a second on a quiet machine.
pub const PATIENCE_TIME: Duration = Duration::from_secs(90);

pub struct Fixture {
    pub database: Database,
    pub directory: tempfile::TempDir,
    pub url: String,
    /// What the backend needs beside these; the local one needs nothing.
    #[allow(dead_code)]
    pub surroundings: Surroundings,
    test_database: TestDatabase,
}

pub struct Running {
    token: CancellationToken,
    task: JoinHandle<linkpool_fleet::Result<()>>,
}

impl Running {
    pub async fn start(config: FleetConfig, backend: Arc<dyn Provisioner>, url: &str) -> Self {
        let database = Database::connect(&Connect::new(url).patient()).await.unwrap();
        let token = CancellationToken::new();
        let task = tokio::spawn(linkpool_fleet::run(config, database, backend, token.clone()));
        Self { token, task }
    }

    pub async fn stop(self) {
        self.token.cancel();
        self.task.await.expect("the fleet does not panic").expect("the fleet ends well");
    }
}

/// Waits until the role has made so many passes from now on; the first may be under way already.
pub async fn passes(heartbeat: &Heartbeat, count: usize) {
    for _ in 0..count {
        let begin = Instant::now();
        let passed = async || {
            let waited = begin.elapsed();
            heartbeat.read().since_pass.is_some_and(|since| since < waited)
        };
        until("another pass", PATIENCE_TIME, passed).await;
    }
}

pub fn seal_key() -> SealKey {
    SealKey::parse(&"5e".repeat(32)).unwrap()
}

/// The usual times, but for the lease: whoever takes over need not wait long.
pub fn fleet_config() -> FleetConfig {
    FleetConfig { lease_term: Duration::from_millis(1_500), tick: Duration::from_millis(100), ..FleetConfig::new(seal_key()) }
}

impl Fixture {
    pub async fn set() -> Self {
        let migrate = async |url: String| {
            Database::connect(&Connect::new(&url).patient()).await.unwrap().migrate().await.unwrap();
        };
        let test_database = TestDatabase::prepared(migrate).await.expect("a database");
        let url = test_database.url().to_owned();
        let database = Database::connect(&Connect::new(&url).patient()).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let surroundings = Surroundings::of(&test_database, directory.path()).await;
        Self { database, directory, url, surroundings, test_database }
    }

    /// The nodes' secrets, as a fleet has them.
    pub fn secrets(&self) -> Secrets {
        Secrets::new(self.database.clone(), seal_key())
    }

    pub fn sql(&self, statements: &str) -> Vec<String> {
        self.test_database.server().run(self.test_database.name(), statements).unwrap()
    }

    /// In another database of the same server.
    pub fn sql_of(&self, database: &str, statements: &str) -> Vec<String> {
        self.test_database.server().run(database, statements).unwrap()
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The fault that every replica shows from its next start on.
    pub fn set_fault(&self, fault: &str) {
        fs::write(self.path().join("faults"), fault).unwrap();
    }

    pub async fn fleet(&self) -> Running {
        self.fleet_with(fleet_config(), self.usual()).await
    }

    pub async fn fleet_with(&self, config: FleetConfig, backend: Config) -> Running {
        Running::start(config, backend::provisioner(backend), &self.url).await
    }

    pub async fn request(&self, key: &str, count: u16) -> Operation {
        match self.database.request_nodes(&request(key, count)).await.unwrap() {
            ScaleOutcome::Accepted(operation) => operation,
            other => panic!("{other:?}"),
        }
    }

    pub async fn node(&self, id: &str) -> FleetNode {
        self.database.fleet_node(id).await.unwrap().unwrap()
    }

    /// Waits until the node is in `phase`.
    pub async fn phase(&self, id: &str, phase: Phase) -> FleetNode {
        self.until(id, &format!("{phase}"), |node, _| node.phase == phase).await
    }

    pub async fn until(&self, id: &str, what: &str, holds: impl Fn(&FleetNode, &[Replica]) -> bool) -> FleetNode {
        let deadline = Instant::now() + PATIENCE_TIME;
        loop {
            let (node, replicas) = (self.node(id).await, self.database.replicas_of(id).await.unwrap());
            if holds(&node, &replicas) {
                return node;
            }
            assert!(Instant::now() < deadline, "{what} did not come: {node:#?} {replicas:#?}\n{}", self.logs(id));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The id and address of the replica that serves.
    pub async fn serving(&self, id: &str) -> (String, String) {
        self.until(id, "a serving replica", |_, replicas| serving(replicas).is_some()).await;
        serving(&self.database.replicas_of(id).await.unwrap()).unwrap()
    }
}

impl Drop for Fixture {
    /// Nothing that a test started outlives it, not even what is meant to outlive its fleet.
    fn drop(&mut self) {
        for pid in processes_with(&self.path().display().to_string()) {
            let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
        }
    }
}

pub fn request(key: &str, count: u16) -> ScaleRequest {
    ScaleRequest { idempotency_key: key.into(), actor: "a test".into(), count, reason: None, proof_mode: ProofMode::Signature }
}

fn serving(replicas: &[Replica]) -> Option<(String, String)> {
    let replica = replicas.iter().find(|replica| replica.state == ReplicaState::Serving)?;
    Some((replica.replica_id.clone(), replica.base_url.clone()?))
}

/// The living processes whose environment or command line names `text`.
pub fn processes_with(text: &str) -> Vec<i32> {
    let names = |path: PathBuf| -> Option<i32> {
        let pid: i32 = path.file_name()?.to_str()?.parse().ok()?;
        // A zombie has neither.
        let names = |file: &str| fs::read(path.join(file)).is_ok_and(|told| String::from_utf8_lossy(&told).contains(text));
        (names("environ") || names("cmdline")).then_some(pid)
    };
    fs::read_dir("/proc").unwrap().filter_map(|entry| names(entry.ok()?.path())).collect()
}
