//! A fleet of stand-ins that are called as Chainlink nodes, and roll-outs of them.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use linkpool_db::{
    Connect, Database,
    fleet::{NewRelease, NewRollout, Phase, Rollout, RolloutAction, RolloutNode, RolloutOutcome, RolloutRequest, RolloutState},
};
use linkpool_fleet::{FleetConfig, RolloutTimes, local::DumpSpec};
use tokio_util::sync::CancellationToken;

use crate::{
    backend::{self, Share},
    fixture::{Fixture, Running, fleet_config, processes_with},
    program::{self, FLEET, Kind},
};

/// A roll-out of one node has some ten waits, of which each may take seconds on a busy machine.
pub const PATIENCE_TIME: Duration = Duration::from_secs(120);
pub const OLD: &str = "2.31.0";
pub const NEW: &str = "2.32.0";

pub struct Nodes {
    pub fixture: Fixture,
    /// Nodes that are rolled at once.
    pub parallel: u16,
    /// Of what the backend's tests share.
    pub share: Share,
}

impl Nodes {
    /// With programs of two versions and something that keeps databases.
    pub async fn set() -> Self {
        Self::for_many(1).await
    }

    /// For four nodes a block.
    pub async fn for_many(blocks: u16) -> Self {
        let fixture = Fixture::set().await;
        program::chainlink(fixture.path(), OLD, Kind::Lives);
        program::chainlink(fixture.path(), NEW, Kind::Lives);
        let dump = fixture.path().join("pg_dump");
        fs::write(&dump, "#!/bin/sh\ncase \"$1\" in --version) echo 'pg_dump (PostgreSQL) 18.0' ;; *) echo \"a dump\" ;; esac\n")
            .unwrap();
        fs::set_permissions(&dump, fs::Permissions::from_mode(0o755)).unwrap();
        Self { fixture, parallel: 2, share: Share::take(blocks) }
    }

    /// Nodes of the old version that serve, whose fleet goes on.
    pub async fn running(&self, count: u16) -> (Running, Vec<String>) {
        let fleet = self.fleet().await;
        let nodes: Vec<String> = self.fixture.request("nodes", count).await.nodes.into_iter().map(|node| node.id).collect();
        for id in &nodes {
            self.fixture.phase(id, Phase::Healthy).await;
        }
        (fleet, nodes)
    }

    pub async fn fleet(&self) -> Running {
        self.fleet_with(times()).await
    }

    pub async fn fleet_with(&self, rollout: RolloutTimes) -> Running {
        let backend = self.share.config(&self.fixture, true);
        self.fixture.fleet_with(FleetConfig { rollout, ..fleet_config() }, backend).await
    }

    /// Without anything that keeps databases.
    pub async fn fleet_without_dumps(&self) -> Running {
        let backend = self.share.config(&self.fixture, false);
        self.fixture.fleet_with(FleetConfig { rollout: times(), ..fleet_config() }, backend).await
    }

    /// In a process of its own, which is to be killed.
    pub fn fleet_process(&self) -> Child {
        let told = format!("rollout\n{}", self.share.told(&self.fixture));
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "program::runs_a_fleet_if_started_as_one", "--nocapture"])
            .env(FLEET, told)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// Keeping a database takes seconds from now on.
    pub fn slow_down_dumps(&self) {
        let path = self.fixture.path().join("pg_dump");
        let slow = fs::read_to_string(&path).unwrap().replace("*) echo", "*) sleep 4; echo");
        fs::write(&path, slow).unwrap();
    }

    /// To a version whose program stands in the test's directory.
    pub async fn start(&self, key: &str, version: &str) -> Rollout {
        self.start_with_bake(key, version, 1).await
    }

    pub async fn start_with_bake(&self, key: &str, version: &str, bake_seconds: u64) -> Rollout {
        let program = backend::program_name(self.fixture.path(), version);
        self.start_with(key, NewRelease { program: Some(&program), version: Some(version), config: None }, bake_seconds).await
    }

    /// One that pauses after its first node.
    pub async fn start_gated(&self, key: &str, version: &str, bake_seconds: u64) -> Rollout {
        let program = backend::program_name(self.fixture.path(), version);
        self.begin(key, (NewRelease { program: Some(&program), version: Some(version), config: None }, bake_seconds, true)).await
    }

    pub async fn start_with(&self, key: &str, release: NewRelease<'_>, bake_seconds: u64) -> Rollout {
        self.begin(key, (release, bake_seconds, false)).await
    }

    async fn begin(&self, key: &str, (release, bake_seconds, is_gated): (NewRelease<'_>, u64, bool)) -> Rollout {
        let new = NewRollout {
            idempotency_key: key,
            actor: "a test",
            reason: "a test",
            release,
            parallel: self.parallel,
            bake: Duration::from_secs(bake_seconds),
            is_gated,
        };
        match self.fixture.database.start_rollout(&new).await.unwrap() {
            RolloutOutcome::Started(rollout) => rollout,
            other => panic!("{other:?}"),
        }
    }

    pub async fn control(&self, action: RolloutAction) {
        let request = RolloutRequest { action, actor: "a test", reason: "a test", dry_run: false };
        self.fixture.database.control_rollout(&request).await.unwrap();
    }

    /// The time of the step that each node is in is over: nobody waits for it here.
    pub fn run_out_of_time(&self) {
        self.fixture.sql("update rollout_node set deadline = now() - interval '1 second' where deadline is not null");
    }

    /// Waits until it holds of a node in the newest roll-out.
    pub async fn until(&self, id: &str, what: &str, holds: impl Fn(&RolloutNode) -> bool) -> RolloutNode {
        let deadline = Instant::now() + PATIENCE_TIME;
        loop {
            let node = self.rolling(id).await;
            if holds(&node) {
                return node;
            }
            if Instant::now() >= deadline {
                let events = self.fixture.database.fleet_events(&[(id.to_owned(), 0)]).await.unwrap();
                let replicas = self.fixture.database.replicas_of(id).await.unwrap();
                panic!("{what} did not come: {node:#?}\n{replicas:#?}\n{events:#?}");
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn rolling(&self, id: &str) -> RolloutNode {
        let rollout = self.rollout().await;
        let nodes = self.fixture.database.rollout_nodes(rollout.id).await.unwrap();
        nodes.into_iter().find(|node| node.node_id == id).unwrap()
    }

    pub async fn rollout(&self) -> Rollout {
        self.fixture.database.last_rollout().await.unwrap().unwrap()
    }

    pub async fn state(&self, state: RolloutState) -> Rollout {
        self.state_within(state, PATIENCE_TIME).await
    }

    pub async fn state_within(&self, state: RolloutState, limit: Duration) -> Rollout {
        let deadline = Instant::now() + limit;
        loop {
            let rollout = self.rollout().await;
            if rollout.state == state {
                return rollout;
            }
            assert!(Instant::now() < deadline, "it is not {state}: {rollout:#?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How many processes a generation of a node has.
    pub fn processes(&self, id: &str, generation: u32) -> Vec<i32> {
        processes_with(&backend::mark(id, Some(generation)))
    }

    /// Waits until one of this generation serves and the other waits, and no other process of the node is left.
    pub async fn whole(&self, id: &str, generation: u32) {
        use linkpool_db::fleet::ReplicaState::{Serving, Waiting};
        let whole = |replicas: &[linkpool_db::fleet::Replica]| {
            let mut states: Vec<_> = replicas.iter().map(|it| (it.generation, it.state.as_str())).collect();
            states.sort_unstable();
            states == [(generation, Serving.as_str()), (generation, Waiting.as_str())]
        };
        self.fixture.until(id, "one generation alone", |node, replicas| node.generation == generation && whole(replicas)).await;
        assert_eq!(processes_with(&backend::mark(id, None)).len(), 2, "a process was left over");
    }

    /// The wallets that the node's database holds.
    pub fn wallets(&self, id: &str) -> Vec<String> {
        self.fixture.sql_of(&format!("linkpool_node_{id}"), "select encode(address, 'hex') from evm_key order by 1")
    }
}

/// Shorter than an operator's.
pub fn times() -> RolloutTimes {
    let second = Duration::from_secs(1);
    RolloutTimes { waiting: second, ready: second, patience: Duration::from_secs(90), snapshot: Duration::from_secs(90) }
}

/// What keeps databases.
pub fn dump(directory: &Path) -> DumpSpec {
    DumpSpec {
        pg_dump: directory.join("pg_dump"),
        directory: directory.join("dumps"),
        encryption: None,
        keep: Duration::from_secs(86_400),
    }
}

/// What a process does that is to be a fleet.
pub fn run_fleet(told: &[&str]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (url, config) = backend::of_told(told);
        let database = Database::connect(&Connect::new(&url).patient()).await.unwrap();
        let backend = backend::provisioner(config);
        // A step is not to pass while the test that would kill the fleet in it does not come to look.
        let seconds = Duration::from_secs(5);
        let rollout = RolloutTimes { waiting: seconds, ready: seconds, ..times() };
        let config = FleetConfig { rollout, ..fleet_config() };
        linkpool_fleet::run(config, database, backend, CancellationToken::new()).await.unwrap();
    });
}
