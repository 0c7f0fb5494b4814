//! The launcher of Chainlink nodes.
//!
//! A node has a database of its own, owned by a role of its own, on a server that is not the pool's. Each of its replicas has a root
//! directory and a fixed port. What a node's program would refuse is refused before it is started, in one sentence: the program runs
//! only as the process that serves, or waits for that.

mod config;
mod environment;
mod ports;
mod program;
mod refusal;
mod run;
mod spec;

use std::{
    fs::DirBuilder,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use linkpool_chainlink::Secret;
use linkpool_db::{Database, fleet::SecretKind};
use linkpool_node_postgres::{NodeDatabase, Server, ServerVersion};
use tokio::sync::Mutex as AsyncMutex;

use self::program::Program;
pub use self::{
    ports::outside_the_ephemeral,
    spec::{ChainlinkSpec, NodeChain, NodeEndpoint},
};
use super::{
    launcher::{Answers, Launch, Launcher, ReplicaLocation},
    witness::Witness,
};
use crate::Secrets;

/// Of the names of roles and databases; a node's id follows.
const PREFIX: &str = "linkpool_node_";
/// The node's own grace is 5 s; then it gives its lease up and ends.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);
/// A refusal is asked for again after this time: it may have been about something else than the files.
const REFUSAL_AGE: Duration = Duration::from_secs(10);

/// Starts Chainlink nodes.
#[derive(Debug)]
pub struct Chainlink {
    spec: ChainlinkSpec,
    program: Program,
    witness: Witness,
    term: Mutex<Option<Term>>,
    looked: AsyncMutex<Option<Look>>,
}

/// What the program said of the configuration that all nodes share.
#[derive(Debug)]
struct Look {
    configuration: String,
    at: Instant,
    outcome: Result<(), String>,
}

#[derive(Debug, Clone)]
struct Term {
    database: Database,
    secrets: Secrets,
}

/// The files of a replica, in the order in which the node reads them: the later ones win.
struct Files {
    configs: Vec<PathBuf>,
    /// Those that every node has.
    shared: Vec<PathBuf>,
    secrets: PathBuf,
}

impl Chainlink {
    pub fn new(spec: ChainlinkSpec) -> Self {
        Self {
            program: Program::new(spec.program.clone(), spec.version.clone()),
            witness: Witness::new(spec.server.clone(), PREFIX),
            term: Mutex::default(),
            looked: AsyncMutex::default(),
            spec,
        }
    }

    /// The version of the program.
    ///
    /// # Errors
    /// A sentence: it is no node's, or not the one that is wanted.
    pub async fn version(&self) -> Result<String, String> {
        Ok(self.program.version().await?.to_string())
    }

    /// The nodes' Postgres and its version, which the nodes run on.
    ///
    /// # Errors
    /// As it says itself.
    pub async fn server(&self) -> Result<(&Server, ServerVersion), linkpool_node_postgres::Error> {
        let version = self.spec.server.version().await?;
        version.check(&self.spec.server_versions)?;
        Ok((&self.spec.server, version))
    }

    /// Whether the program takes the configuration that a node would get, without a node.
    ///
    /// # Errors
    /// The program's own sentence.
    pub async fn check_configuration(&self) -> Result<(), String> {
        let folder = tempfile::tempdir().map_err(sentence)?;
        let (node_id, replica_id, directory) = ("0".repeat(12), "g1-0".into(), folder.path().to_owned());
        let replica = ReplicaLocation { node_id, generation: 1, replica_id, directory };
        let (database, keystore) = (self.database(&replica.node_id, &Secret::new("0".repeat(32)))?, Secret::new("0".repeat(32)));
        let files = self.write(&replica, *self.spec.ports.start(), &database, &keystore, None)?;
        program::validate(&self.launch(&replica, &files, *self.spec.ports.start())).await
    }

    fn term(&self) -> Result<Term, String> {
        let term = self.term.lock().unwrap_or_else(PoisonError::into_inner);
        term.clone().ok_or_else(|| "this fleet does not lead".into())
    }

    fn database(&self, node_id: &str, password: &Secret) -> Result<NodeDatabase, String> {
        self.spec.server.node(&format!("{PREFIX}{node_id}"), password).map_err(sentence)
    }

    /// The node's role and database, which no newer node has held.
    async fn prepare_database(&self, node_id: &str, secrets: &Secrets) -> Result<NodeDatabase, String> {
        self.server().await.map_err(sentence)?;
        let password = secrets.password(node_id, SecretKind::DatabasePassword).await.map_err(sentence)?;
        let database = self.database(node_id, &password)?;
        database.ensure().await.map_err(sentence)?;
        self.witness.know(database.clone());
        let version = self.program.version().await?;
        if let Some(last) = database.last_version().await.map_err(sentence)? {
            program::not_older(&version, &last)?;
        }
        Ok(database)
    }

    /// Its port on this machine, which nobody else has now.
    async fn prepare_port(&self, replica: &ReplicaLocation, database: &Database) -> Result<u16, String> {
        let machine = linkpool_process::machine().map_err(sentence)?;
        let range = &self.spec.ports;
        let kept = database.keep_port(&machine, (&replica.node_id, &replica.replica_id), range).await.map_err(sentence)?;
        let all_taken = || {
            format!(
                "no port of fleet.node_ports ({}-{}) is left: each replica needs one, so widen it",
                range.start(),
                range.end()
            )
        };
        let port = kept.ok_or_else(all_taken)?;
        ports::is_free(port)?;
        Ok(port)
    }

    fn write(
        &self,
        replica: &ReplicaLocation,
        port: u16,
        database: &NodeDatabase,
        keystore: &Secret,
        link: Option<String>,
    ) -> Result<Files, String> {
        let root = replica.file("root");
        DirBuilder::new().recursive(true).mode(0o700).create(&root).map_err(|error| format!("{}: {error}", root.display()))?;
        let (usual, fixed) = (replica.file("usual.toml"), replica.file("fixed.toml"));
        replica.write_secret(&usual, config::usual(&self.spec, link).expose())?;
        replica.write_secret(&fixed, &config::fixed(&self.spec, &root, port))?;
        let secrets = replica.directory.join("secrets.toml");
        replica.write_secret(&secrets, config::secrets(&database.url().map_err(sentence)?, keystore).expose())?;
        let shared: Vec<PathBuf> = [Some(usual), self.spec.overlay.clone()].into_iter().flatten().collect();
        let configs = shared.iter().cloned().chain([fixed]).collect();
        Ok(Files { configs, shared, secrets })
    }

    /// The program's own look at what it is given. Once for all nodes: they differ by what the fleet says itself, and twenty looks at
    /// once would take a small machine a minute.
    async fn validate(&self, launch: &Launch, files: &Files) -> Result<(), String> {
        let told = self.program.stamp(&files.shared)?;
        let mut looked = self.looked.lock().await;
        if let Some(Look { configuration: of, at, outcome }) = &*looked
            && *of == told
            && (outcome.is_ok() || at.elapsed() < REFUSAL_AGE)
        {
            return outcome.clone();
        }
        let outcome = program::validate(launch).await;
        *looked = Some(Look { configuration: told, at: Instant::now(), outcome: outcome.clone() });
        outcome
    }

    fn launch(&self, replica: &ReplicaLocation, files: &Files, port: u16) -> Launch {
        let mut arguments = vec!["node".into()];
        for config in &files.configs {
            arguments.extend(["-config".into(), config.into()]);
        }
        arguments.extend(["-secrets".into(), files.secrets.clone().into(), "start".into()]);
        arguments.extend(["-api".into(), replica.credentials_file().into()]);
        Launch {
            program: self.spec.program.clone(),
            arguments,
            environment: environment::of(self.spec.memory_mib),
            answers: Answers::At(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        }
    }
}

#[async_trait]
impl Launcher for Chainlink {
    async fn check(&self) -> Result<(), String> {
        self.version().await?;
        match self.server().await {
            Err(error) if error.is_transient() => Ok(()),
            server => server.map(drop).map_err(sentence),
        }
    }

    fn begin(&self, database: &Database, secrets: &Secrets) {
        let term = Term { database: database.clone(), secrets: secrets.clone() };
        *self.term.lock().unwrap_or_else(PoisonError::into_inner) = Some(term);
        self.witness.begin();
    }

    async fn prepare(&self, replica: &ReplicaLocation) -> Result<Launch, String> {
        let Term { database, secrets } = self.term()?;
        let node = self.prepare_database(&replica.node_id, &secrets).await?;
        let keystore = secrets.password(&replica.node_id, SecretKind::KeystorePassword).await.map_err(sentence)?;
        let link = self.spec.chain.link(&database).await.map_err(sentence)?;
        let port = self.prepare_port(replica, &database).await?;
        let files = self.write(replica, port, &node, &keystore, link)?;
        let launch = self.launch(replica, &files, port);
        self.validate(&launch, &files).await?;
        Ok(launch)
    }

    async fn adopt(&self, replica: &ReplicaLocation) -> Result<(), String> {
        let password = self.term()?.secrets.password(&replica.node_id, SecretKind::DatabasePassword).await.map_err(sentence)?;
        self.witness.know(self.database(&replica.node_id, &password)?);
        Ok(())
    }

    async fn forget(&self, replica: &ReplicaLocation) -> Result<(), String> {
        let machine = linkpool_process::machine().map_err(sentence)?;
        self.term()?.database.free_port(&machine, &replica.node_id, &replica.replica_id).await.map_err(sentence)
    }

    fn witness(&self) -> Option<&Witness> {
        Some(&self.witness)
    }

    fn lease(&self) -> Duration {
        self.spec.lease_duration + self.spec.lease_refresh
    }

    fn stop_grace(&self) -> Duration {
        STOP_TIMEOUT
    }
}

fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}
