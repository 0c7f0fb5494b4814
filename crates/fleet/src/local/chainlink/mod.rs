//! The launcher of Chainlink nodes.
//!
//! A node has a database of its own, owned by a role of its own, on a server that is not the pool's. Each of its replicas has a root
//! directory and a fixed port. What a node's program would refuse is refused before it is started, in one sentence: the program runs
//! only as the process that serves, or waits for that.

mod config;
mod dump;
mod environment;
mod ports;
mod program;
mod refusal;
mod restore;
mod run;
mod spec;

use std::{
    fs::DirBuilder,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::DirBuilderExt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use linkpool_chainlink::Secret;
use linkpool_db::{
    Database,
    fleet::{Release, SecretKind},
};
use linkpool_node_postgres::{NodeDatabase, Server, ServerVersion};
use tokio::sync::Mutex as AsyncMutex;

use self::program::Program;
pub use self::{
    config::usual,
    dump::{Source, dump},
    ports::outside_the_ephemeral,
    program::not_older,
    restore::{Assembled, DumpFile},
    spec::{ChainlinkSpec, DumpSpec, Encryption, NodeChain, NodeEndpoint},
};
use super::launcher::{Launch, Launcher, ReplicaLocation};
use crate::{
    Secrets, Snapshot, Versions,
    look::{Answers, Witness},
};

/// Of the names of roles and databases; a node's id follows.
pub const DATABASE_PREFIX: &str = "linkpool_node_";
/// The node's own grace is 5 s; then it gives its lease up and ends.
const STOP_TIMEOUT: Duration = Duration::from_secs(8);
/// A refusal is asked for again after this time: it may have been about something else than the files.
const REFUSAL_AGE: Duration = Duration::from_secs(10);

/// Starts Chainlink nodes.
#[derive(Debug)]
pub struct Chainlink {
    spec: ChainlinkSpec,
    /// Those of the settings and of the releases that were met.
    programs: Mutex<Vec<Arc<Program>>>,
    witness: Witness,
    term: Mutex<Option<Term>>,
    looked: AsyncMutex<Vec<Look>>,
}

/// Why no node is rolled to another version where its database can't be kept.
pub const NO_DUMP: &str = "fleet.pg_dump and fleet.dump_directory are not set, so the nodes' databases can't be kept, and a newer node leaves \
                           no other way back: set both, or roll out the same version";

/// Most configurations of which it is remembered what was said: a roll-out has two.
const MAX_LOOKS: usize = 8;

/// What a program said of the configuration that all nodes of a release share.
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
            witness: Witness::new(spec.server.clone(), DATABASE_PREFIX),
            programs: Mutex::default(),
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
        Ok(self.program(None).version().await?.to_string())
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
        let files = self.write(&replica, None, *self.spec.ports.start(), &database, (&keystore, None))?;
        program::validate(&self.launch(&replica, &self.program(None), &files, *self.spec.ports.start())).await
    }

    /// The program of a release, or of the settings.
    fn program(&self, release: Option<&Release>) -> Arc<Program> {
        let named = release.and_then(|release| release.program.as_ref());
        let path = named.map_or_else(|| self.spec.program.clone(), PathBuf::from);
        let version = match release {
            Some(release) if release.program.is_some() || release.version.is_some() => release.version.clone(),
            _ => self.spec.version.clone(),
        };
        let mut programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = programs.iter().find(|known| known.is(&path, version.as_deref())) {
            return known.clone();
        }
        let program = Arc::new(Program::new(path, version));
        programs.push(program.clone());
        program
    }

    fn term(&self) -> Result<Term, String> {
        let term = self.term.lock().unwrap_or_else(PoisonError::into_inner);
        term.clone().ok_or_else(|| "this fleet does not lead".into())
    }

    fn database(&self, node_id: &str, password: &Secret) -> Result<NodeDatabase, String> {
        self.spec.server.node(&format!("{DATABASE_PREFIX}{node_id}"), password).map_err(sentence)
    }

    /// The database of a node that has one.
    async fn node_database(&self, node_id: &str) -> Result<NodeDatabase, String> {
        let password = self.term()?.secrets.password(node_id, SecretKind::DatabasePassword).await.map_err(sentence)?;
        self.database(node_id, &password)
    }

    /// The node's role and database, which no newer node has held.
    async fn prepare_database(&self, node_id: &str, program: &Program, secrets: &Secrets) -> Result<NodeDatabase, String> {
        self.server().await.map_err(sentence)?;
        let password = secrets.password(node_id, SecretKind::DatabasePassword).await.map_err(sentence)?;
        let database = self.database(node_id, &password)?;
        database.ensure().await.map_err(sentence)?;
        self.witness.know(database.clone());
        let version = program.version().await?;
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
        release: Option<&Release>,
        port: u16,
        database: &NodeDatabase,
        (keystore, link): (&Secret, Option<String>),
    ) -> Result<Files, String> {
        let root = replica.file("root");
        DirBuilder::new().recursive(true).mode(0o700).create(&root).map_err(|error| format!("{}: {error}", root.display()))?;
        let (usual, fixed) = (replica.file("usual.toml"), replica.file("fixed.toml"));
        replica.write_secret(&usual, config::usual(&self.spec.chain, link).expose())?;
        replica.write_secret(&fixed, &config::fixed(&self.spec, &root, port))?;
        let secrets = replica.directory.join("secrets.toml");
        replica.write_secret(&secrets, config::secrets(&database.url().map_err(sentence)?, keystore).expose())?;
        let overlay = match release.and_then(|release| release.config.as_deref()) {
            Some(config) => {
                let path = replica.file("release.toml");
                replica.write_secret(&path, config)?;
                Some(path)
            }
            None => self.spec.overlay.clone(),
        };
        let shared: Vec<PathBuf> = [Some(usual), overlay].into_iter().flatten().collect();
        let configs = shared.iter().cloned().chain([fixed]).collect();
        Ok(Files { configs, shared, secrets })
    }

    /// The program's own look at what it is given. Once for all nodes: they differ by what the fleet says itself, and twenty looks at
    /// once would take a small machine a minute.
    async fn validate(&self, launch: &Launch, program: &Program, files: &Files) -> Result<(), String> {
        let told = program.stamp(&files.shared)?;
        let mut looked = self.looked.lock().await;
        looked.retain(|look| look.outcome.is_ok() || look.at.elapsed() < REFUSAL_AGE);
        if let Some(look) = looked.iter().find(|look| look.configuration == told) {
            return look.outcome.clone();
        }
        let outcome = program::validate(launch).await;
        if looked.len() == MAX_LOOKS {
            looked.remove(0);
        }
        looked.push(Look { configuration: told, at: Instant::now(), outcome: outcome.clone() });
        outcome
    }

    fn launch(&self, replica: &ReplicaLocation, program: &Program, files: &Files, port: u16) -> Launch {
        let mut arguments = vec!["node".into()];
        for config in &files.configs {
            arguments.extend(["-config".into(), config.into()]);
        }
        arguments.extend(["-secrets".into(), files.secrets.clone().into(), "start".into()]);
        arguments.extend(["-api".into(), replica.credentials_file().into()]);
        Launch {
            program: program.path().to_owned(),
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

    async fn prepare(&self, replica: &ReplicaLocation, release: Option<&Release>) -> Result<Launch, String> {
        let Term { database, secrets } = self.term()?;
        let program = self.program(release);
        let node = self.prepare_database(&replica.node_id, &program, &secrets).await?;
        let keystore = secrets.password(&replica.node_id, SecretKind::KeystorePassword).await.map_err(sentence)?;
        let link = self.spec.chain.link(&database).await.map_err(sentence)?;
        let port = self.prepare_port(replica, &database).await?;
        let files = self.write(replica, release, port, &node, (&keystore, link))?;
        let launch = self.launch(replica, &program, &files, port);
        self.validate(&launch, &program, &files).await?;
        Ok(launch)
    }

    async fn adopt(&self, replica: &ReplicaLocation) -> Result<(), String> {
        self.witness.know(self.node_database(&replica.node_id).await?);
        Ok(())
    }

    async fn forget(&self, node_id: &str, replica_ids: &[String]) -> Result<(), String> {
        let machine = linkpool_process::machine().map_err(sentence)?;
        self.term()?.database.free_ports(&machine, node_id, replica_ids).await.map_err(sentence)
    }

    fn chain_id(&self) -> u64 {
        self.spec.chain.chain_id
    }

    async fn versions(&self, node_id: &str, release: Option<&Release>) -> Result<Versions, String> {
        let database = self.node_database(node_id).await?.last_version().await.map_err(sentence)?;
        let (program, refused) = match self.program(release).version().await {
            Ok(version) => (Some(version.to_string()), None),
            Err(why) => (None, Some(why)),
        };
        Ok(Versions { program, database, refused })
    }

    async fn snapshot(&self, node_id: &str) -> Result<Snapshot, String> {
        let Some(spec) = &self.spec.dump else {
            return Ok(Snapshot::NotConfigured(NO_DUMP.into()));
        };
        let (_, version) = self.server().await.map_err(sentence)?;
        let password = self.term()?.secrets.password(node_id, SecretKind::DatabasePassword).await.map_err(sentence)?;
        let keystore = self.term()?.secrets.password(node_id, SecretKind::KeystorePassword).await.map_err(sentence)?;
        let url = self.database(node_id, &password)?.url().map_err(sentence)?;
        let source = dump::Source { node_id, url: &url, password: &password, keystore: &keystore, server: version };
        dump::dump(spec, &source).await.map(Snapshot::Kept)
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
