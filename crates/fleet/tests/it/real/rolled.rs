//! Real nodes on their way, and what keeps their databases.

use std::{
    env,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use linkpool_db::fleet::{
    FleetEvent, NewRelease, NewRollout, OperatorRequest, Phase, RolloutAction, RolloutNode, RolloutOutcome, RolloutRequest,
    RolloutStep,
};
use linkpool_fleet::local::{Chainlink, DumpFile, DumpSpec, Encryption, Launcher as _, Restore, signs_of_life};
use linkpool_primitives::Address;
use linkpool_testkit::until;

use super::world::World;

pub const NODES: u16 = 3;
/// What is written about a roll-out is without it.
const BAKE_TIME: Duration = Duration::from_secs(5);
/// A roll-out of three has three waves of a minute.
const PATIENCE_TIME: Duration = Duration::from_secs(900);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

pub fn statistic(name: &str, value: impl std::fmt::Display) {
    println!("statistic {name} {value}");
}

pub fn given(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is set by `cargo xtask prove chainlink`"))
}

/// The nodes, and what keeps their databases.
pub struct Rolled {
    pub world: World,
    newer: String,
    pub dump: DumpSpec,
    identity: PathBuf,
    pub ids: Vec<String>,
}

impl Rolled {
    /// For a recipient whose private half lies beside them, as it never does elsewhere.
    pub async fn set() -> Self {
        let postgres = PathBuf::from(given("LINKPOOL_NODE_POSTGRES"));
        let world = World::set(&postgres).await;
        let age = PathBuf::from(given("LINKPOOL_AGE"));
        let (keygen, identity) = (age.with_file_name("age-keygen"), world.fixture.path().join("identity"));
        assert!(Command::new(&keygen).arg("-o").arg(&identity).status().unwrap().success());
        let told = Command::new(&keygen).arg("-y").arg(&identity).output().unwrap();
        let recipient = String::from_utf8(told.stdout).unwrap().trim().to_owned();
        let dump = DumpSpec {
            pg_dump: postgres.join("pg_dump"),
            directory: world.fixture.path().join("dumps"),
            encryption: Some(Encryption { age, recipient }),
            keep: Duration::from_secs(86_400),
        };
        Self { world, newer: given("LINKPOOL_CHAINLINK_NEWER"), dump, identity, ids: Vec::new() }
    }

    /// Waits until each is healthy and, as the registrar does once it has seen its key, has it kept.
    pub async fn make(&mut self) {
        let nodes = self.world.fixture.request("three", NODES).await.nodes;
        self.ids = nodes.into_iter().map(|node| node.id).collect();
        let database = &self.world.fixture.database;
        for id in &self.ids {
            self.world.healthy(id).await;
            self.world.fixture.phase(id, Phase::Healthy).await;
            database.node_wallet(id, &self.wallet(id), Phase::WalletKnown).await.unwrap();
        }
        for id in &self.ids {
            until("what is kept", PATIENCE_TIME, async || database.waits_to_be_kept(id).await.unwrap().is_none()).await;
        }
    }

    fn sql(&self, id: &str, statement: &str) -> String {
        self.world.postgres.sql(&format!("linkpool_node_{id}"), statement).unwrap()
    }

    /// Its only one.
    pub fn wallet(&self, id: &str) -> Address {
        self.sql(id, "select distinct encode(address, 'hex') from evm.key_states").parse().unwrap()
    }

    pub fn version(&self, id: &str) -> String {
        self.sql(id, "select version from node_versions order by created_at desc limit 1")
    }

    /// Which processes a node has: each replica, and how often it was started.
    pub async fn processes(&self, id: &str) -> Vec<(String, u64)> {
        self.world.replicas(id).await.into_iter().map(|it| (it.replica_id, it.starts)).collect()
    }

    pub async fn start(&self, key: &str) {
        let release = NewRelease { program: Some(&self.newer), version: None, config: None };
        let (actor, reason) = ("a proof", "a proof");
        let new = NewRollout { idempotency_key: key, actor, reason, release, parallel: 2, bake: BAKE_TIME, is_gated: false };
        let started = self.world.fixture.database.start_rollout(&new).await.unwrap();
        assert!(matches!(started, RolloutOutcome::Started(_)), "{started:?}");
    }

    pub async fn abort(&self) {
        let request = RolloutRequest { action: RolloutAction::Abort, actor: "a proof", reason: "a proof", dry_run: false };
        self.world.fixture.database.control_rollout(&request).await.unwrap();
    }

    /// The nodes of the newest roll-out, in the order in which they come.
    async fn rolling(&self) -> Vec<RolloutNode> {
        let database = &self.world.fixture.database;
        database.rollout_nodes(database.last_rollout().await.unwrap().unwrap().id).await.unwrap()
    }

    pub async fn until(&self, what: &str, holds: impl Fn(&[RolloutNode]) -> bool) -> Vec<RolloutNode> {
        let begin = Instant::now();
        loop {
            let nodes = self.rolling().await;
            if holds(&nodes) {
                return nodes;
            }
            assert!(begin.elapsed() < PATIENCE_TIME, "{what} did not come: {nodes:#?}");
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    pub async fn until_over(&self) -> Vec<RolloutNode> {
        self.until("its end", |nodes| nodes.iter().all(|node| node.step.is_over())).await
    }

    /// Seconds that a node took from its first step to its last, without the bake.
    pub async fn taken(&self, node: &RolloutNode) -> f64 {
        let events = self.world.fixture.database.fleet_events(&[(node.node_id.clone(), 0)]).await.unwrap();
        let at = |step: RolloutStep| {
            let is_it = |event: &&FleetEvent| event.detail["rollout"] == node.rollout_id && event.detail["step"] == step.as_str();
            events.iter().find(is_it).expect("a step of it").happened_at
        };
        (at(RolloutStep::Done) - at(RolloutStep::Snapshot)).to_std().unwrap().saturating_sub(BAKE_TIME).as_secs_f64()
    }

    /// By what was kept right before its door: it runs the older version again, with its wallet.
    pub async fn bring_back(&self, node: &RolloutNode, (older, wallet): (&str, Address)) {
        let (id, database) = (&node.node_id, &self.world.fixture.database);
        let dump = DumpFile {
            path: node.before["snapshot"].as_str().expect("what was kept").into(),
            identity: Some(self.identity.clone()),
        };
        let asked = OperatorRequest { node_id: id, actor: "a proof", reason: "a proof", dry_run: false };
        database.stop_node(&asked, true).await.unwrap();
        let chainlink = Chainlink::new(self.world.spec(older, Some(self.dump.clone())));
        chainlink.begin(database, &self.world.fixture.secrets());
        let (stopped, directory) = (self.world.fixture.node(id).await, self.world.fixture.path().join("fleet"));
        let restore = Restore {
            chainlink: &chainlink,
            directory: &directory,
            database,
            node: &stopped,
            actor: "a proof",
            reason: "a proof",
            even_if_alive: false,
        };
        let signs = async || signs_of_life(&chainlink, &directory, database, id).await.unwrap();
        until("its end", PATIENCE_TIME, async || signs().await.is_empty()).await;
        let begin = Instant::now();
        let assembled = restore.assemble(&dump).await.unwrap();
        let restored = restore.carry_out(&assembled).await.unwrap();
        self.world.healthy(id).await;
        statistic("restore_s", format!("{:.1}", begin.elapsed().as_secs_f64()));
        assert_eq!((restored.back_to, self.wallet(id)), (Some(self.version(id)), wallet));
    }
}
