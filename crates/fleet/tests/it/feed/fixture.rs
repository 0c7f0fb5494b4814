//! A fleet whose backend finds stand-ins that are there already.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use linkpool_chainlink::{
    Secret,
    client::{ApiUser, Credentials, Limits, NodeClient, NodeConfig, Transport},
};
use linkpool_db::{
    Connect, Database,
    fleet::{Phase, ProofMode, Release, ReplicaState, ScaleOutcome, ScaleRequest, SecretKind},
};
use linkpool_fleet::{
    FleetConfig, Login, ObservedReplica, ObservedSet, Provisioner, Result, Secrets, SetKey, SetSpec, Snapshot, Versions,
};
use linkpool_jobs::JobSet;
use linkpool_primitives::Address;
use linkpool_standin_node::{AdminCredentials, DevelopmentChain, LeaseTiming, ReplicaConfig, StandinConfig};
use linkpool_testkit::{tcp_proxy::TcpProxy, until_some};
use serde_json::json;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::proxy::Proxy;
use crate::fixture::{Fixture, PATIENCE_TIME, seal_key};

pub const CHAIN: u64 = 31_337;
/// An account that the contract lets register nodes.
pub const REGISTRAR: Address = Address::repeat_byte(0xa1);

/// A database, and nodes that serve.
pub struct Feeding {
    pub fixture: Fixture,
    backend: Arc<Found>,
}

pub struct Node {
    pub id: String,
    pub proxy: Proxy,
    pub wallet: Address,
    address: String,
    _stop: DropGuard,
}

/// The backend: what it finds is all there is, and it does nothing.
#[derive(Debug, Default)]
struct Found(Mutex<Vec<(String, String)>>);

/// A fleet in this process; dropped, it is killed.
pub struct Fleet(JoinHandle<Result<()>>);

impl Drop for Fleet {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Feeding {
    pub async fn set() -> Self {
        let fixture = Fixture::set().await;
        let (pool, hash) = ("22".repeat(20), "33".repeat(32));
        fixture.sql(&format!(
            "insert into deployment values (1, {CHAIN}, '\\x{pool}', '\\x{pool}', 0, '\\x{hash}', 1, 1, 1);
             insert into role values ('\\x{REGISTRAR:x}', 1, 1, '\\x{hash}')"
        ));
        Self { fixture, backend: Arc::default() }
    }

    pub fn database(&self) -> &Database {
        &self.fixture.database
    }

    /// A node that serves, behind its proxy. The registrar knows its wallet already.
    pub async fn node(&self, proof_mode: ProofMode) -> Node {
        let request = ScaleRequest {
            idempotency_key: format!("{:?}", std::time::Instant::now()),
            actor: "a test".into(),
            count: 1,
            reason: None,
            proof_mode,
        };
        let id = match self.database().request_nodes(&request).await.unwrap() {
            ScaleOutcome::Accepted(mut operation) => operation.nodes.remove(0).id,
            other => panic!("{other:?}"),
        };
        let login = Login::new(&id);
        self.fixture.secrets().keep(&id, SecretKind::AdminLogin, &login.text()).await.unwrap();
        let stop = CancellationToken::new();
        let (address, wallet) = self.standin(&id, &login, &stop).await;
        let proxy = Proxy::start(address.parse().unwrap()).await;
        self.backend.0.lock().unwrap_or_else(PoisonError::into_inner).push((id.clone(), proxy.url.clone()));
        // A fleet that runs already does it as well.
        let from = [Phase::Requested, Phase::Provisioning, Phase::Booting];
        self.database().advance_node(&id, &from, Phase::Healthy, &json!({})).await.unwrap();
        self.database().node_wallet(&id, &wallet, Phase::WalletKnown).await.unwrap();
        Node { id, proxy, wallet, address, _stop: stop.drop_guard() }
    }

    async fn standin(&self, id: &str, login: &Login, stop: &CancellationToken) -> (String, Address) {
        let port_file = self.fixture.path().join(format!("{id}.port"));
        let admin = AdminCredentials { email: login.email.clone(), password: login.password.clone() };
        let chain = DevelopmentChain::named(CHAIN, &[CHAIN]).unwrap();
        let replica = ReplicaConfig {
            port_file: Some(port_file.clone()),
            lease: LeaseTiming { duration: Duration::from_secs(15), refresh: Duration::from_millis(500) },
            ..ReplicaConfig::new(format!("node_{id}").parse().unwrap(), chain, admin)
        };
        let config = StandinConfig { database_url: Secret::new(&self.fixture.url), replica };
        tokio::spawn(linkpool_standin_node::run(config, stop.clone()));
        let address = until_some("the stand-in's port", PATIENCE_TIME, async || std::fs::read_to_string(&port_file).ok()).await;
        let address = address.trim().to_owned();
        let client = client(&address, login.credentials_of());
        (address, client.wallet(CHAIN).await.unwrap())
    }

    pub async fn fleet(&self) -> Fleet {
        self.fleet_at(&self.fixture.url).await
    }

    /// A way to the database that can be closed, and its URL.
    pub async fn way_to_database(&self) -> (TcpProxy, String) {
        let (user, place) = self.fixture.url.rsplit_once('@').unwrap();
        let (address, name) = place.split_once('/').unwrap();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        let way = TcpProxy::to(port).await.unwrap();
        let url = format!("{user}@127.0.0.1:{}/{name}", way.port());
        (way, url)
    }

    pub async fn fleet_at(&self, url: &str) -> Fleet {
        let database = Database::connect(&Connect::new(url).patient()).await.unwrap();
        let config = FleetConfig {
            lease_term: Duration::from_millis(400),
            tick: Duration::from_millis(50),
            ..FleetConfig::new(seal_key())
        };
        Fleet(tokio::spawn(linkpool_fleet::run(config, database, self.backend.clone(), CancellationToken::new())))
    }

    /// Stores a set as the newest.
    pub async fn wants(&self, set: &JobSet) -> u32 {
        assert_eq!(set.mistakes(), []);
        use linkpool_db::fleet::JobSetOutcome::{Moved, Stored, Unchanged};
        match self.database().store_job_set(None, &json!(set), "a test", None).await.unwrap() {
            Stored(version) | Unchanged(version) | Moved(version) => version,
        }
    }

    /// The credentials that are kept under `kind`.
    pub async fn kept(&self, node: &Node, kind: SecretKind) -> Option<Credentials> {
        let text = self.fixture.secrets().kept(&node.id, kind).await.unwrap()?;
        let (first, second) = text.expose().trim_end().split_once('\n').unwrap();
        Some(match first.contains('@') {
            true => Credentials::Password { email: first.into(), password: Secret::new(second) },
            false => Credentials::Token { key: Secret::new(first), secret: Secret::new(second) },
        })
    }

    /// A client of the node itself, not of its proxy.
    pub async fn client(&self, node: &Node, kind: SecretKind) -> NodeClient {
        client(&node.address, self.kept(node, kind).await.expect("it is kept"))
    }

    pub async fn until_fed(&self, node: &Node, version: u32) {
        let deadline = Instant::now() + PATIENCE_TIME;
        loop {
            let rows = self.database().serving_nodes().await.unwrap();
            if rows.iter().any(|row| row.id == node.id && row.has_tokens && row.complete_version == version) {
                return;
            }
            if Instant::now() > deadline {
                let jobs = self.database().jobs_of_nodes().await.unwrap();
                panic!("the node {} does not have all of {version}: {jobs:#?} {rows:#?} {:#?}", node.id, node.proxy.seen());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// The node's users, by what their names begin with, and that both kept tokens are let in.
    pub async fn assert_let_in(&self, node: &Node) -> Vec<ApiUser> {
        for kind in [SecretKind::FleetToken, SecretKind::RegistrarToken] {
            let said = self.client(node, kind).await.wallet(CHAIN).await;
            assert_eq!(said, Ok(node.wallet), "{kind}: {:?}", node.proxy.seen());
        }
        let mut users = self.client(node, SecretKind::AdminLogin).await.users().await.unwrap();
        users.sort_by(|one, other| one.email.cmp(&other.email));
        users
    }
}

trait CredentialsOf {
    fn credentials_of(&self) -> Credentials;
}

impl CredentialsOf for Login {
    fn credentials_of(&self) -> Credentials {
        Credentials::Password { email: self.email.clone(), password: self.password.clone() }
    }
}

fn client(address: &str, credentials: Credentials) -> NodeClient {
    let limits = Limits { login_interval: Duration::ZERO, ..Limits::default() };
    let config = NodeConfig { base_url: format!("http://{address}").parse().unwrap(), credentials };
    NodeClient::new(&Transport::new(limits).unwrap(), config).unwrap()
}

#[async_trait]
impl Provisioner for Found {
    fn begin(&self, _: &Database, _: &Secrets) {}

    async fn open(&self, _: &[String]) -> Result<()> {
        Ok(())
    }

    async fn login(&self, _: &str) -> Result<Option<Login>> {
        Ok(None)
    }

    async fn ensure_set(&self, _: &SetSpec, _: &Login) -> Result<()> {
        Ok(())
    }

    async fn observe(&self) -> Result<Vec<ObservedSet>> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let replica = |id: &str, state, base_url| ObservedReplica {
            id: id.into(),
            state,
            for_time: Duration::from_secs(1),
            base_url,
            starts: 1,
            detail: None,
            holds_lease: None,
        };
        let set = |(id, url): &(String, String)| ObservedSet {
            key: SetKey { node_id: id.clone(), generation: 1 },
            location: "a test".into(),
            replicas: vec![replica("0", ReplicaState::Serving, Some(url.clone())), replica("1", ReplicaState::Waiting, None)],
        };
        Ok(found.iter().map(set).collect())
    }

    async fn replace(&self, _: &SetKey, _: &str, _: &str) -> Result<()> {
        Ok(())
    }

    fn chain_id(&self) -> u64 {
        31_337
    }

    async fn versions(&self, _: &str, _: Option<&Release>) -> Result<Versions> {
        Ok(Versions::default())
    }

    async fn snapshot(&self, _: &str) -> Result<Snapshot> {
        Ok(Snapshot::Unneeded)
    }

    async fn stop_set(&self, _: &SetKey) -> Result<bool> {
        Ok(true)
    }

    async fn delete_set(&self, _: &SetKey) -> Result<bool> {
        Ok(true)
    }

    async fn changed(&self) {
        std::future::pending().await
    }

    fn outage_over(&self) {}

    async fn wanted(&self) {
        std::future::pending().await
    }

    async fn leave(&self, _: &HashMap<SetKey, String>) -> Result<()> {
        Ok(())
    }

    async fn close(&self) {}
}
