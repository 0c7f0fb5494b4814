//! A database, a directory, and a fleet between them.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use linkpool_chainlink::Secret;
use linkpool_db::{
    Connect, Database,
    fleet::{FleetNode, Operation, Phase, Replica, ReplicaState, ScaleOutcome, ScaleRequest},
};
use linkpool_fleet::{
    FleetConfig,
    local::{LocalBackend, LocalConfig},
};
use linkpool_testkit::TestDatabase;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::program;

/// Longest wait for anything that takes a second on a quiet machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Scene {
    pub database: Database,
    pub directory: tempfile::TempDir,
    pub url: String,
    _test_database: TestDatabase,
}

pub struct Running {
    token: CancellationToken,
    task: JoinHandle<linkpool_fleet::Result<()>>,
}

impl Running {
    pub async fn stop(self) {
        self.token.cancel();
        self.task.await.expect("the fleet does not panic").expect("the fleet ends well");
    }
}

/// Nodes whose lease a crash does not outlive for long.
pub fn local_config(directory: &Path, url: &str) -> LocalConfig {
    LocalConfig {
        arguments: Vec::new(),
        lease_duration: Duration::from_millis(1_500),
        lease_refresh: Duration::from_millis(200),
        stop_grace: Duration::from_secs(2),
        ..LocalConfig::new(program::node(directory), directory.join("fleet"), Secret::new(url), 31_337)
    }
}

impl Scene {
    pub async fn set() -> Self {
        let test_database = TestDatabase::create().await.expect("a database");
        let url = test_database.url().to_owned();
        let database = Database::connect(&Connect::new(&url)).await.unwrap();
        database.migrate().await.unwrap();
        Self { database, directory: tempfile::tempdir().unwrap(), url, _test_database: test_database }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The fault that every replica shows from its next start on.
    pub fn set_fault(&self, fault: &str) {
        fs::write(self.path().join("faults"), fault).unwrap();
    }

    pub async fn fleet(&self) -> Running {
        let backend = LocalBackend::new(local_config(self.path(), &self.url)).unwrap();
        let database = Database::connect(&Connect::new(&self.url)).await.unwrap();
        let token = CancellationToken::new();
        let task = tokio::spawn(linkpool_fleet::run(FleetConfig::default(), database, Arc::new(backend), token.clone()));
        Running { token, task }
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
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (node, replicas) = (self.node(id).await, self.database.replicas_of(id).await.unwrap());
            if holds(&node, &replicas) {
                return node;
            }
            assert!(Instant::now() < deadline, "{what} did not come: {node:#?} {replicas:#?}\n{}", self.logs(id));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The slot and address of the replica that serves.
    pub async fn serving(&self, id: &str) -> (u16, String) {
        self.until(id, "a serving replica", |_, replicas| serving(replicas).is_some()).await;
        serving(&self.database.replicas_of(id).await.unwrap()).unwrap()
    }

    /// The process ids of the node's replicas, by slot.
    pub fn processes(&self, id: &str) -> Vec<(u16, i32)> {
        let mut found = Vec::new();
        for slot in 0..2 {
            let port_file = format!("{id}/1-{slot}.port");
            found.extend(processes_with(&port_file).into_iter().map(|pid| (slot, pid)));
        }
        found
    }

    fn logs(&self, id: &str) -> String {
        let read = |slot: u16| fs::read_to_string(self.path().join(format!("fleet/{id}/1-{slot}.log"))).unwrap_or_default();
        format!("{}\n{}", read(0), read(1))
    }
}

pub fn request(key: &str, count: u16) -> ScaleRequest {
    ScaleRequest { idempotency_key: key.into(), actor: "a test".into(), count, reason: None }
}

fn serving(replicas: &[Replica]) -> Option<(u16, String)> {
    let replica = replicas.iter().find(|replica| replica.state == ReplicaState::Serving)?;
    Some((replica.slot, replica.base_url.clone()?))
}

/// The living processes whose environment names `text`.
pub fn processes_with(text: &str) -> Vec<i32> {
    let names = |path: PathBuf| -> Option<i32> {
        let pid: i32 = path.file_name()?.to_str()?.parse().ok()?;
        // A zombie has no environment.
        let environment = fs::read(path.join("environ")).ok()?;
        String::from_utf8_lossy(&environment).contains(text).then_some(pid)
    };
    fs::read_dir("/proc").unwrap().filter_map(|entry| names(entry.ok()?.path())).collect()
}
