//! A chain with the contracts, a database, nodes, and registrars between them.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use alloy::{primitives::U256, sol_types::SolCall};
use linkpool_chain::{Chain, Endpoint};
use linkpool_chainlink::{
    Registration, Secret,
    client::{Credentials, Limits as NodeLimits, NodeClient, NodeConfig, Transport},
};
use linkpool_contracts::pool::{nodeCountCall, nodeOfCall, registerNodeCall};
use linkpool_db::{
    Connect, Database,
    fleet::{FleetNode, Phase, ProofMode, Replica, ReplicaState, ScaleOutcome, ScaleRequest},
};
use linkpool_health::Heartbeat;
use linkpool_primitives::{Address, NodeStatus};
use linkpool_registrar::{Error, ListedNode, Listing, NodeAddress, RegistrarConfig, Result, run_with_failpoints};
use linkpool_standin_node::{AdminCredentials, DevelopmentChain, LeaseTiming, ReplicaConfig, StandinConfig};
use linkpool_testkit::{
    Anvil, AnvilOptions, TestDatabase, Tools,
    fixture::{Accounts, Contracts},
    until, until_some,
};
use linkpool_tx_manager::{FailPoints, Limits, LocalSigner, Signer, TransactionConfig};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Longest wait for anything that takes a second on a quiet machine.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const LOOK_INTERVAL: Duration = Duration::from_millis(10);
/// The fifth account of every development chain; its key is public.
const KEY: &str = "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a";

pub struct Fixture {
    pub chain: Chain,
    pub contracts: Contracts,
    pub accounts: Accounts,
    pub database: Database,
    pub url: String,
    pub directory: tempfile::TempDir,
    _anvil: Anvil,
    test_database: TestDatabase,
}

/// A node of the fleet's table that a stand-in serves, without a fleet.
pub struct Node {
    pub id: String,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Node {
    /// Ends the replica and waits for it.
    pub async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

/// A node that somebody else runs.
pub struct Outside {
    pub node: ListedNode,
    stop: DropGuard,
    task: JoinHandle<()>,
}

impl Outside {
    /// Ends it and waits for that.
    pub async fn end(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }
}

pub struct Running {
    token: CancellationToken,
    task: JoinHandle<Result<()>>,
}

impl Running {
    pub async fn stop(self) {
        self.token.cancel();
        self.task.await.expect("the registrar does not panic").expect("the registrar ends well");
    }

    /// As kill -9 would: between any two steps, nothing is tidied up.
    pub async fn abort(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// Waits until it has stopped at its fail point.
    pub async fn stopped_at(self, point: &'static str) {
        let ended =
            tokio::time::timeout(WAIT_TIMEOUT, self.task).await.unwrap_or_else(|_| panic!("{point:?} was not reached")).unwrap();
        assert!(matches!(ended, Err(Error::Sending(linkpool_tx_manager::Error::FailPoint(name))) if name == point), "{ended:?}");
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
        until("another pass", WAIT_TIMEOUT, passed).await;
    }
}

impl Fixture {
    pub async fn set() -> Self {
        Self::with(AnvilOptions::default()).await
    }

    pub async fn with(options: AnvilOptions) -> Self {
        let anvil = Anvil::start(&Tools::find().unwrap(), &options).await.unwrap();
        let chain = Chain::connect(&Endpoint::new(anvil.http_url()).unwrap().patient(), None).await.unwrap();
        let accounts = Accounts::of(&chain).await.unwrap();
        let contracts = Contracts::deploy(&chain, &accounts).await.unwrap();
        let test_database = TestDatabase::create().await.unwrap();
        let url = test_database.url().to_owned();
        let database = connect(&url).await;
        database.migrate().await.unwrap();
        assert_eq!(signer().address(), accounts.registrar);
        let directory = tempfile::tempdir().unwrap();
        Self { chain, contracts, accounts, database, url, directory, _anvil: anvil, test_database }
    }

    /// What the tests want: no indexer, quick looks, and no lease unless a test is about it.
    pub fn config(&self) -> RegistrarConfig {
        RegistrarConfig {
            transactions: TransactionConfig {
                use_lease: false,
                limits: Limits::none(),
                poll_interval: Duration::from_millis(50),
                ..TransactionConfig::default()
            },
            require_indexed: false,
            wallet_reread: Duration::from_millis(200),
            ..RegistrarConfig::new(self.contracts.pool)
        }
    }

    /// The chain's port on this machine.
    pub fn port(&self) -> u16 {
        self._anvil.port()
    }

    pub fn chain_url(&self) -> String {
        self._anvil.http_url()
    }

    pub async fn registrar(&self) -> Running {
        self.registrar_with(self.config(), FailPoints::default()).await
    }

    pub async fn registrar_with(&self, config: RegistrarConfig, failpoints: FailPoints) -> Running {
        self.registrar_through(self.chain.clone(), config, failpoints).await
    }

    /// A registrar that sees the chain through other endpoints than the test does.
    pub async fn registrar_through(&self, chain: Chain, config: RegistrarConfig, failpoints: FailPoints) -> Running {
        let database = connect(&self.url).await;
        let token = CancellationToken::new();
        let run = run_with_failpoints(config, database, chain, Arc::new(signer()), failpoints, token.clone());
        Running { token, task: tokio::spawn(run) }
    }

    /// A node that its fleet calls healthy, whose replica shows `faults`.
    pub async fn node(&self, faults: &str) -> Node {
        let node = self.booted(faults).await;
        self.healthy(&node).await;
        node
    }

    /// A node whose replica runs, and that its fleet does not call healthy yet.
    pub async fn prepared(&self) -> Node {
        self.booted("").await
    }

    /// The fleet's word that the node is healthy.
    pub async fn healthy(&self, node: &Node) {
        self.database.advance_node(&node.id, &[Phase::Requested], Phase::Healthy, &json!({})).await.unwrap();
    }

    async fn booted(&self, faults: &str) -> Node {
        let id = self.requested().await;
        let stop = CancellationToken::new();
        let (task, url) = self.replica(&id, faults, &stop).await;
        self.sight(&id, &url).await;
        Node { id, stop, task }
    }

    /// Starts the known node's replica again, with other faults, and tells where it is.
    pub async fn restart(&self, node: Node, faults: &str) -> Node {
        let id = node.id.clone();
        node.end().await;
        let stop = CancellationToken::new();
        let (task, url) = self.replica(&id, faults, &stop).await;
        self.sight(&id, &url).await;
        Node { id, stop, task }
    }

    /// A healthy node whose API is at `url`.
    pub async fn node_at(&self, url: &str) -> String {
        let id = self.requested().await;
        self.write_credentials(&id);
        self.sight(&id, url).await;
        self.database.advance_node(&id, &[Phase::Requested], Phase::Healthy, &json!({})).await.unwrap();
        id
    }

    async fn requested(&self) -> String {
        let key = format!("{:?}", Instant::now());
        let request = ScaleRequest {
            idempotency_key: key,
            actor: "a test".into(),
            count: 1,
            reason: None,
            proof_mode: ProofMode::Signature,
        };
        match self.database.request_nodes(&request).await.unwrap() {
            ScaleOutcome::Accepted(mut operation) => operation.nodes.remove(0).id,
            other => panic!("{other:?}"),
        }
    }

    async fn replica(&self, id: &str, faults: &str, stop: &CancellationToken) -> (JoinHandle<()>, String) {
        let port_file = self.directory.path().join(format!("{id}.port"));
        let _ = fs::remove_file(&port_file);
        self.write_credentials(id);
        let admin = AdminCredentials { email: format!("{id}@node.local"), password: Secret::new("correct horse battery") };
        let chain = DevelopmentChain::named(self.chain.chain_id(), &[31_337]).unwrap();
        let replica = ReplicaConfig {
            port_file: Some(port_file.clone()),
            lease: LeaseTiming { duration: Duration::from_secs(15), refresh: Duration::from_millis(500) },
            faults: faults.parse().unwrap(),
            rpc_url: Some(Secret::new(self._anvil.http_url())),
            ..ReplicaConfig::new(format!("node_{id}").parse().unwrap(), chain, admin)
        };
        let config = StandinConfig { database_url: Secret::new(&self.url), replica };
        let run = linkpool_standin_node::run(config, stop.clone());
        let task = tokio::spawn(async move { run.await.unwrap() });
        let what = format!("the port of the stand-in {id}");
        let address = until_some(&what, WAIT_TIMEOUT, async || {
            assert!(!task.is_finished(), "the stand-in {id} did not start");
            fs::read_to_string(&port_file).ok()
        })
        .await;
        let url = format!("http://{}", address.trim());
        (task, url)
    }

    /// A node that somebody else runs: nothing here knows of it yet.
    pub async fn outside(&self, name: &str, faults: &str) -> Outside {
        let stop = CancellationToken::new();
        let (task, url) = self.replica(name, faults, &stop).await;
        let address = NodeAddress {
            urls: vec![url],
            credentials_file: self.credentials_file(name),
            admin_credentials_file: None,
            proof: ProofMode::Signature,
        };
        Outside { node: ListedNode { name: name.into(), address }, stop: stop.drop_guard(), task }
    }

    /// Lists these nodes in the settings.
    pub fn listing(&self, nodes: &[&Outside]) -> RegistrarConfig {
        let nodes = nodes.iter().map(|outside| outside.node.clone()).collect();
        let interval = Duration::from_millis(200);
        RegistrarConfig { listing: Listing { nodes, directory: None, interval }, ..self.config() }
    }

    /// The row of a listed node, once there is one.
    pub async fn listed(&self, name: &str) -> String {
        until_some(&format!("{name} in the list"), WAIT_TIMEOUT, async || {
            let nodes = self.database.listed_nodes().await.unwrap();
            nodes.into_iter().find(|node| node.listed_name.as_deref() == Some(name)).map(|node| node.id)
        })
        .await
    }

    /// Has the owner call the pool.
    pub async fn as_owner(&self, call: &impl SolCall) {
        self.contracts.as_owner(&self.chain, call).await.unwrap();
    }

    /// Writes what a fleet would have seen of the node's replica.
    pub async fn sight(&self, id: &str, url: &str) {
        let replica = Replica {
            node_id: id.into(),
            generation: 1,
            replica_id: "0".into(),
            state: ReplicaState::Serving,
            base_url: Some(url.into()),
            credentials_file: Some(self.credentials_file(id).display().to_string()),
            admin_credentials_file: None,
            starts: 1,
            detail: None,
            seen_at: Default::default(),
            location: None,
        };
        self.database.set_replicas(&[replica]).await.unwrap();
    }

    fn write_credentials(&self, id: &str) {
        let file = self.credentials_file(id);
        fs::write(&file, format!("{id}@node.local\ncorrect horse battery\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn credentials_file(&self, id: &str) -> PathBuf {
        self.directory.path().join(format!("{id}.credentials"))
    }

    /// The call that registers the node, with a consent that its wallet gave to somebody else than the registrar.
    pub async fn registration_by_hand(&self, node: &Node) -> Vec<u8> {
        let replica = self.database.replicas_of(&node.id).await.unwrap().remove(0);
        let credentials =
            Credentials::Password { email: format!("{}@node.local", node.id), password: Secret::new("correct horse battery") };
        let config = NodeConfig { base_url: replica.base_url.unwrap().parse().unwrap(), credentials };
        let client = NodeClient::new(&Transport::new(NodeLimits::default()).unwrap(), config).unwrap();
        let wallet = client.wallet(self.chain.chain_id()).await.unwrap();
        let deadline = self.chain.heads().await.unwrap().head.timestamp + 3_600;
        let registration = Registration { chain_id: self.chain.chain_id(), pool: self.contracts.pool, wallet, deadline };
        let proof = client.sign_registration(&registration).await.unwrap().as_bytes().to_vec().into();
        registerNodeCall { wallet, deadline: U256::from(deadline), proof }.abi_encode()
    }

    pub async fn row(&self, id: &str) -> FleetNode {
        self.database.fleet_node(id).await.unwrap().unwrap()
    }

    pub async fn phase(&self, id: &str, phase: Phase) -> FleetNode {
        self.until(id, &format!("{phase}"), |node| node.phase == phase).await
    }

    pub async fn error(&self, id: &str, part: &str) -> FleetNode {
        self.until(id, part, |node| node.last_error.as_deref().is_some_and(|error| error.contains(part))).await
    }

    /// Waits until the node says that it waits for this, which is no failure.
    pub async fn waits(&self, id: &str, part: &str) -> FleetNode {
        let row = self.until(id, part, |node| node.waiting_for.as_deref().is_some_and(|said| said.contains(part))).await;
        assert_eq!((row.last_error.as_deref(), row.attempts), (None, 0));
        row
    }

    pub async fn until(&self, id: &str, what: &str, holds: impl Fn(&FleetNode) -> bool) -> FleetNode {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let node = self.row(id).await;
            if holds(&node) {
                return node;
            }
            if Instant::now() > deadline {
                let events = self.database.fleet_events(&[(id.into(), 0)]).await.unwrap();
                panic!("{what} did not come: {node:#?} {events:#?}");
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// Runs SQL statements beside the program: what a person or another process does to its database. Returns the first column.
    pub fn sql(&self, statements: &str) -> Vec<String> {
        self.test_database.server().run(self.test_database.name(), statements).unwrap()
    }

    /// Writes what the indexer would have written of an active node.
    pub fn indexed(&self, wallet: Address) {
        let zeros = ["0"; 14].join(", ");
        let hash = "00".repeat(32);
        self.sql(&format!("insert into node values ('\\x{wallet:x}', 0, 1, 0, 1, 100000, {zeros}, '\\x{hash}')"));
    }

    pub async fn is_registered(&self, wallet: Address) -> bool {
        let node = self.chain.call(self.contracts.pool, &nodeOfCall { node: wallet }).await.unwrap();
        NodeStatus::of_wallet(node.status).unwrap().is_some()
    }

    pub async fn registered(&self) -> u64 {
        self.chain.call(self.contracts.pool, &nodeCountCall {}).await.unwrap().to()
    }

    /// Transactions of the registrar's account in the chain.
    pub async fn sent(&self) -> u64 {
        self.chain.nonce(self.accounts.registrar).await.unwrap()
    }

    /// A request to the development chain itself.
    pub async fn control(&self, method: &str, parameters: serde_json::Value) -> serde_json::Value {
        self.chain.forward(method.into(), parameters).await.unwrap()
    }
}

pub fn signer() -> LocalSigner {
    LocalSigner::from_key(KEY).unwrap()
}

async fn connect(url: &str) -> Database {
    Database::connect(&Connect { max_connections: 8, ..Connect::new(url).patient() }).await.unwrap()
}
