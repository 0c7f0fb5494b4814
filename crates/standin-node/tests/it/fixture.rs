//! A node of one's own for each test.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use alloy_primitives::Address;
use linkpool_chainlink::{
    Secret,
    client::{Credentials, Limits, NodeClient, NodeConfig, Transport},
};
use linkpool_standin_node::{
    AdminCredentials, DevelopmentChain, LeaseTiming, Replica, ReplicaConfig, ReplicaHandle, ReplicaState, Schema,
};
use linkpool_testkit::TestDatabase;
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};

pub const CHAIN: u64 = 31_337;
pub const EMAIL: &str = "admin@node.local";
pub const PASSWORD: &str = "correct horse battery";

/// Longest wait for anything that should take milliseconds; the machine may be busy.
pub const WAIT_TIMEOUT: Duration = Duration::from_secs(60);

/// A lease that a crash does not outlive for long.
pub const LEASE: LeaseTiming = LeaseTiming { duration: Duration::from_millis(2_000), refresh: Duration::from_millis(200) };

/// One that a crash does not outlive in a test's time.
pub const LONG_LEASE: LeaseTiming = LeaseTiming { duration: Duration::from_secs(120), ..LEASE };

/// A database of one's own, connections to it, and the name of a schema that is not there yet.
#[derive(Clone)]
pub struct NodeDatabase {
    pub pool: PgPool,
    pub schema: Schema,
    pub url: String,
    /// Of each replica.
    pub lease: LeaseTiming,
    /// Kept so that it is not dropped before the node ends.
    pub database: Arc<TestDatabase>,
}

impl NodeDatabase {
    pub async fn new() -> Self {
        let database = TestDatabase::create().await.expect("a database");
        let url = database.url().to_owned();
        let pool = PgPoolOptions::new().max_connections(5).connect(&url).await.unwrap();
        Self { pool, schema: "node_0".parse().unwrap(), url, lease: LEASE, database: Arc::new(database) }
    }

    /// Another node in the same database, on the connections `pool`.
    pub fn beside(&self, number: usize, pool: &PgPool) -> Self {
        let schema = format!("node_{number}").parse().unwrap();
        Self { pool: pool.clone(), schema, url: self.url.clone(), lease: self.lease, database: self.database.clone() }
    }

    /// A replica of this node with short lease times.
    pub fn config(&self) -> ReplicaConfig {
        let admin = AdminCredentials { email: EMAIL.to_owned(), password: Secret::new(PASSWORD) };
        let chain = DevelopmentChain::named(CHAIN, &[CHAIN]).unwrap();
        // A node looks at its own health every 15 s.
        let health_interval = Duration::from_millis(50);
        ReplicaConfig { lease: self.lease, health_interval, ..ReplicaConfig::new(self.schema.clone(), chain, admin) }
    }

    pub fn start(&self, config: ReplicaConfig) -> ReplicaHandle {
        Replica::new(self.pool.clone(), config).unwrap().spawn()
    }

    /// Runs `statement`, in which `{schema}` is the node's.
    pub async fn execute(&self, statement: &str) -> u64 {
        let statement = statement.replace("{schema}", &self.schema.to_string());
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&self.pool).await.unwrap().rows_affected()
    }

    /// Rows of a table of the node.
    pub async fn count(&self, table: &str) -> i64 {
        let statement = format!("SELECT count(*) FROM {}.{table}", self.schema);
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&self.pool).await.unwrap()
    }
}

/// An active replica, and a token of its admin. Making the token takes one of the five logins.
pub struct Node {
    pub node_database: NodeDatabase,
    pub replica: ReplicaHandle,
    pub address: SocketAddr,
    pub wallet: Address,
    pub token: Credentials,
}

impl Node {
    pub async fn start() -> Self {
        Self::with_lease(LEASE).await
    }

    pub async fn with_lease(lease: LeaseTiming) -> Self {
        let node_database = NodeDatabase { lease, ..NodeDatabase::new().await };
        let config = node_database.config();
        let mut replica = node_database.start(config);
        let (address, wallet) = serving(&mut replica).await;
        let token = client(address, Limits::default(), password()).create_api_token().await.unwrap().into();
        Self { node_database, replica, address, wallet, token }
    }

    /// A client with the admin's token.
    pub fn client(&self) -> NodeClient {
        self.client_with(Limits::default())
    }

    pub fn client_with(&self, limits: Limits) -> NodeClient {
        client(self.address, limits, self.token.clone())
    }

    /// Turns on exactly `faults`.
    pub async fn switch(&self, faults: &[&str]) {
        let answer = self.post("standin/faults", json!({ "faults": faults })).await;
        assert_eq!(answer.status(), 200, "{faults:?}");
    }

    /// Posts `body` as the admin.
    pub async fn post(&self, path: &str, body: serde_json::Value) -> reqwest::Response {
        let Credentials::Token { key, secret } = &self.token else { unreachable!("made in start") };
        plain_http()
            .post(format!("http://{}/{path}", self.address))
            .header("X-API-KEY", key.expose())
            .header("X-API-SECRET", secret.expose())
            .json(&body)
            .send()
            .await
            .unwrap()
    }
}

pub async fn serving(replica: &mut ReplicaHandle) -> (SocketAddr, Address) {
    let is_serving = |state: &ReplicaState| matches!(state, ReplicaState::Serving { .. });
    match replica.wait_for(WAIT_TIMEOUT, is_serving).await {
        Some(ReplicaState::Serving { address, wallet }) => (address, wallet),
        _ => panic!("the replica does not serve: {:?}", replica.state()),
    }
}

pub fn client(address: SocketAddr, limits: Limits, credentials: Credentials) -> NodeClient {
    let base_url = format!("http://{address}").parse().unwrap();
    NodeClient::new(&Transport::new(limits).unwrap(), NodeConfig { base_url, credentials }).unwrap()
}

pub fn password() -> Credentials {
    Credentials::Password { email: EMAIL.to_owned(), password: Secret::new(PASSWORD) }
}

/// A client that needs no certificate authorities and knows nothing of nodes.
pub fn plain_http() -> reqwest::Client {
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}

/// Status and `Set-Cookie` of one login that no client of ours knows of.
pub async fn raw_login(address: SocketAddr, password: &str) -> (u16, Option<String>) {
    let answer = plain_http()
        .post(format!("http://{address}/sessions"))
        .json(&json!({ "email": EMAIL, "password": password }))
        .send()
        .await
        .unwrap();
    let cookie = answer.headers().get("set-cookie").and_then(|value| value.to_str().ok());
    (answer.status().as_u16(), cookie.map(str::to_owned))
}
