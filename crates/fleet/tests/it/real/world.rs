//! A chain, two databases, a fleet, and what is looked at in them.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use linkpool_chainlink::{
    Secret,
    client::{Credentials, Limits, NodeClient, NodeConfig, Transport},
};
use linkpool_db::fleet::{PairHealth, Replica, ReplicaState};
use linkpool_fleet::{
    FleetConfig,
    local::{Chainlink, ChainlinkSpec, DumpSpec, LocalConfig, NodeChain, NodeEndpoint},
};
use linkpool_node_postgres::Server;
use linkpool_testkit::{Anvil, AnvilOptions, NodePostgres, Tools};
use rustix::process::{Pid, Signal, kill_process};

use crate::fixture::{Fixture, Running, seal_key};

/// Longest wait for anything here, on a machine that does much besides.
const PATIENCE_TIME: Duration = Duration::from_secs(180);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Of several processes.
pub struct Memory {
    pub resident_mb: u64,
    /// What they share is counted once, and what they share with others in part.
    pub proportional_mb: u64,
}

pub struct World {
    pub fixture: Fixture,
    pub chain: Anvil,
    pub postgres: NodePostgres,
}

impl World {
    pub async fn set(programs: &std::path::Path) -> Self {
        let options = AnvilOptions { block_time: Some(Duration::from_secs(1)), ..AnvilOptions::default() };
        let chain = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
        Self { fixture: Fixture::set().await, chain, postgres: NodePostgres::start(programs).unwrap() }
    }

    /// As `linkpool fleet` runs it.
    pub async fn fleet(&self, program: &str) -> Running {
        self.run(FleetConfig::new(seal_key()), self.spec(program, None)).await
    }

    /// One that funds no wallet before its node's database is kept.
    pub async fn keeping_fleet(&self, program: &str, dump: DumpSpec) -> Running {
        let config = FleetConfig { must_keep: true, ..FleetConfig::new(seal_key()) };
        self.run(config, self.spec(program, Some(dump))).await
    }

    async fn run(&self, config: FleetConfig, spec: ChainlinkSpec) -> Running {
        self.fixture.fleet_with(config, LocalConfig::new(Chainlink::new(spec), self.fixture.path().join("fleet"))).await
    }

    /// As the settings say, but for the ports: theirs may be somebody else's here.
    pub fn spec(&self, program: &str, dump: Option<DumpSpec>) -> ChainlinkSpec {
        let (http, ws) = (Secret::new(self.chain.http_url()), Some(Secret::new(self.chain.ws_url())));
        let endpoints = vec![NodeEndpoint { name: "anvil".into(), http, ws }];
        let chain = NodeChain { chain_id: 31_337, endpoints, is_development: true };
        let server = Server::new(&Secret::new(self.postgres.url())).unwrap();
        ChainlinkSpec { ports: 21_000..=21_999, dump, ..ChainlinkSpec::new(program.into(), server, chain) }
    }

    pub async fn replicas(&self, id: &str) -> Vec<Replica> {
        self.fixture.database.replicas_of(id).await.unwrap()
    }

    /// How long it took until this held.
    pub async fn until(&self, id: &str, what: &str, holds: impl Fn(PairHealth, &[Replica]) -> bool) -> Duration {
        let begin = Instant::now();
        loop {
            let (node, replicas) = (self.fixture.node(id).await, self.replicas(id).await);
            if holds(node.health, &replicas) {
                return begin.elapsed();
            }
            assert!(begin.elapsed() < PATIENCE_TIME, "{what} did not come: {node:#?} {replicas:#?}");
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// Until the fleet that was started last has looked at both.
    pub async fn taken_over(&self, id: &str) {
        let since = self.fixture.database.clock().await.unwrap();
        self.until(id, "a look", |_, all| all.len() == 2 && all.iter().all(|replica| replica.seen_at > since)).await;
    }

    pub async fn healthy(&self, id: &str) -> Duration {
        self.until(id, "a healthy pair", |health, _| health == PairHealth::Healthy).await
    }

    /// Looks on for so long while no replica is started again.
    pub async fn stays(&self, id: &str, time: Duration) {
        let starts = async || self.replicas(id).await.iter().map(|replica| replica.starts).collect::<Vec<_>>();
        let (begin, before) = (Instant::now(), starts().await);
        while begin.elapsed() < time {
            assert_eq!(starts().await, before, "a replica was started again");
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// The replica that serves, and the one that waits.
    pub async fn pair(&self, id: &str) -> (Replica, Replica) {
        self.healthy(id).await;
        let replicas = self.replicas(id).await;
        let of = |state: ReplicaState| replicas.iter().find(|replica| replica.state == state).cloned().unwrap();
        (of(ReplicaState::Serving), of(ReplicaState::Waiting))
    }

    /// The process of a replica.
    pub fn pid(&self, replica: &Replica) -> i32 {
        let mark = format!("{}/{}.usual.toml", replica.node_id, replica.replica_id);
        let names = |path: PathBuf| -> Option<i32> {
            let line = fs::read(path.join("cmdline")).ok()?;
            let pid = path.file_name()?.to_str()?.parse().ok()?;
            String::from_utf8_lossy(&line).contains(&mark).then_some(pid)
        };
        fs::read_dir("/proc").unwrap().filter_map(|entry| names(entry.ok()?.path())).next().expect("its process")
    }

    pub fn send(&self, replica: &Replica, signal: Signal) {
        kill_process(Pid::from_raw(self.pid(replica)).unwrap(), signal).unwrap();
    }

    /// Where a replica answers once it serves: it is told once and keeps it.
    pub fn url(&self, replica: &Replica) -> String {
        let file = self.fixture.path().join(format!("fleet/{}/{}.fixed.toml", replica.node_id, replica.replica_id));
        let text = fs::read_to_string(file).unwrap();
        let port = text.lines().find_map(|line| line.strip_prefix("HTTPPort = ")).unwrap();
        format!("http://127.0.0.1:{port}")
    }

    /// How long it took until the replica answered as ready, asked by us.
    pub async fn serves(&self, replica: &Replica) -> Duration {
        let credentials = Credentials::Token { key: Secret::new(""), secret: Secret::new("") };
        let config = NodeConfig { base_url: self.url(replica).parse().unwrap(), credentials };
        let client = NodeClient::new(&Transport::new(Limits::default()).unwrap(), config).unwrap();
        let begin = Instant::now();
        while !matches!(client.ready().await, Ok(true)) {
            assert!(begin.elapsed() < PATIENCE_TIME, "it does not serve");
            // Below the node's limit of 1,000 requests a minute, with the fleet's own.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        begin.elapsed()
    }

    /// Of a node's processes together.
    pub async fn memory(&self, id: &str) -> Memory {
        let replicas = self.replicas(id).await;
        let sum = |field: &str| -> u64 {
            let of = |replica| {
                let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid(replica))).unwrap();
                let line = text.lines().find_map(|line| line.strip_prefix(field)).expect("a field of the kernel's");
                line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
            };
            replicas.iter().map(of).sum::<u64>() / 1_024
        };
        Memory { resident_mb: sum("Rss:"), proportional_mb: sum("Pss:") }
    }

    pub fn signal_chain(&self, signal: Signal) {
        let pid = i32::try_from(self.chain.process().pid()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}
