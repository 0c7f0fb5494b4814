//! What every Chainlink node of a fleet has in common.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use linkpool_chainlink::Secret;
use linkpool_db::Database;
use linkpool_node_postgres::Server;

/// How the nodes are run.
#[derive(Debug, Clone)]
pub struct ChainlinkSpec {
    pub program: PathBuf,
    /// The one that the program must have; any, if it is not said.
    pub version: Option<String>,
    /// TOML of the operator's, between what is usual and what the fleet depends on.
    pub overlay: Option<PathBuf>,
    pub server: Server,
    /// Which versions of Postgres the program runs on.
    pub server_versions: RangeInclusive<u32>,
    /// Where the replicas of this machine answer.
    pub ports: RangeInclusive<u16>,
    pub chain: NodeChain,
    /// What a process may have in memory before its garbage collector works harder.
    pub memory_mib: u32,
    /// How long a lease outlives its last renewal: the time to fail over after a crash.
    pub lease_duration: Duration,
    /// Time between renewals; at most half of the duration.
    pub lease_refresh: Duration,
    /// How a node's database is kept before a newer program gets it; `None` where it can't be.
    pub dump: Option<DumpSpec>,
}

/// How the nodes' databases are kept.
#[derive(Debug, Clone)]
pub struct DumpSpec {
    /// Not older than the server.
    pub pg_dump: PathBuf,
    /// Where the dumps lie; not on the server's own disk.
    pub directory: PathBuf,
    /// For whom; as they are without it.
    pub encryption: Option<Encryption>,
    /// How long they are kept; the newest for ever.
    pub keep: Duration,
}

/// Whoever has the private half of the recipient reads them, and nobody else: no machine of the fleet.
#[derive(Debug, Clone)]
pub struct Encryption {
    /// The program `age` (age-encryption.org), or one that is called as it is.
    pub age: PathBuf,
    /// `age1…`
    pub recipient: String,
}

impl ChainlinkSpec {
    /// With what holds for every program of today.
    pub fn new(program: PathBuf, server: Server, chain: NodeChain) -> Self {
        Self {
            program,
            version: None,
            overlay: None,
            server,
            server_versions: 14..=17,
            ports: 6_700..=7_699,
            chain,
            memory_mib: 300,
            lease_duration: Duration::from_secs(3),
            lease_refresh: Duration::from_millis(500),
            dump: None,
        }
    }
}

/// The chain of the nodes' wallets.
#[derive(Debug, Clone)]
pub struct NodeChain {
    pub chain_id: u64,
    /// All of them: a node fails over between them by itself.
    pub endpoints: Vec<NodeEndpoint>,
    /// Its blocks are final as soon as they are there.
    pub is_development: bool,
}

/// An endpoint of the chain. Its URLs may hold keys.
#[derive(Debug, Clone)]
pub struct NodeEndpoint {
    pub name: String,
    pub http: Secret,
    pub ws: Option<Secret>,
}

impl NodeChain {
    /// The pool's token, once it is known: the nodes are paid in it.
    ///
    /// # Errors
    /// The database's.
    pub async fn link(&self, database: &Database) -> linkpool_db::Result<Option<String>> {
        let deployment = database.deployment().await?.filter(|deployment| deployment.chain_id == self.chain_id);
        Ok(deployment.map(|deployment| deployment.token.to_string()))
    }
}
