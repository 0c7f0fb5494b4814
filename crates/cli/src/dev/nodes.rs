//! The pool's nodes on a development stack: made by the fleet and put on chain by the registrar, as in production.

use std::{fs, io, io::Write, os::unix::fs::OpenOptionsExt, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use linkpool_chain::Chain;
use linkpool_chainlink::{SealKey, Secret};
use linkpool_db::{
    Database, admin,
    fleet::{Phase, ProofMode, ScaleRequest, Source},
};
use linkpool_fleet::{
    AutoscaleRules, FleetConfig, Provisioner, RolloutTimes,
    local::{Life, LocalBackend, LocalConfig, NodeProgram},
};
use linkpool_fleet_ecs::EcsBackend;
use linkpool_registrar::RegistrarConfig;
use linkpool_standin_node::DevelopmentChain;
use linkpool_testkit::fixture::Contracts;
use linkpool_tx_manager::{Limits, LocalSigner, TransactionConfig};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, fleet::standin_node},
    failure::Failure,
};

/// How many nodes a new stack starts with.
const NODES: u16 = 2;
const NODES_DATABASE: &str = "linkpool_nodes";
const OPEN_TIMEOUT: Duration = Duration::from_secs(60);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Short, so that a watcher sees a standby take over.
pub const LEASE_DURATION: Duration = Duration::from_secs(2);
pub const LEASE_REFRESH_INTERVAL: Duration = Duration::from_millis(400);
/// Account 4 of anvil's default mnemonic: public, and worth nothing anywhere else.
const REGISTRAR_KEY: &str = "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a";

/// Where the nodes are, on chain and on disk.
pub struct NodeEnvironment<'a> {
    pub chain: DevelopmentChain,
    /// The nodes' own way to it.
    pub rpc_url: &'a str,
    pub folder: &'a Path,
    pub seal_key: SealKey,
    /// How the fleet rolls out and scales: as the settings say.
    pub rules: (RolloutTimes, Option<AutoscaleRules>),
    /// What runs the nodes, where that is not this machine.
    pub cloud: Option<EcsBackend>,
}

/// The chain of the stack, if stand-ins may run on it: the embedded one, or one that the settings name.
pub fn development_chain(chain: &Chain, is_embedded: bool, config: &Config) -> Result<DevelopmentChain> {
    let mut named = config.fleet.development_chains.clone();
    named.extend(is_embedded.then_some(chain.chain_id()));
    let refused =
        |error| Failure::bad_input(format!("{error}. If nothing on it is worth anything, name it in fleet.development_chains"));
    DevelopmentChain::named(chain.chain_id(), &named).map_err(refused)
}

/// The key to the nodes' logins, which lies in `folder`.
pub fn seal_key(folder: &Path) -> Result<SealKey> {
    let path = folder.join("seal-key");
    let make = || -> io::Result<()> {
        let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path)?;
        writeln!(file, "{}", SealKey::generate().expose())
    };
    match make() {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read_to_string(&path),
    }
    .map_err(anyhow::Error::from)
    .and_then(|text| Ok(SealKey::parse(&text)?))
    .with_context(|| format!("reading {}", path.display()))
}

/// Nodes as processes of this machine.
async fn local(database_url: &str, (chain, rpc_url): (DevelopmentChain, &str), folder: &Path) -> Result<LocalBackend> {
    let nodes_url = admin::create_database(database_url, NODES_DATABASE).await.context("making the nodes' database")?;
    let program = standin_node(Secret::new(nodes_url), chain)?;
    let rpc_url_file = folder.join("rpc-url");
    write_secret(&rpc_url_file, rpc_url).with_context(|| format!("writing {}", rpc_url_file.display()))?;
    let mut arguments = program.arguments;
    arguments.extend(["--rpc-url-file".into(), rpc_url_file.display().to_string()]);
    let program = NodeProgram { arguments, lease_duration: LEASE_DURATION, lease_refresh: LEASE_REFRESH_INTERVAL, ..program };
    // Everything of a development stack ends with it.
    let local = LocalConfig { life: Life::WithParent, ..LocalConfig::new(program, folder.join("nodes")) };
    Ok(LocalBackend::new(local)?)
}

/// Starts the roles `fleet` and `registrar`.
pub async fn spawn(
    roles: &mut JoinSet<Result<()>>,
    chain: &Chain,
    database: (&Database, &str),
    contracts: &Contracts,
    environment: NodeEnvironment<'_>,
    shutdown: &CancellationToken,
) -> Result<()> {
    let (database, database_url) = database;
    let backend: Arc<dyn Provisioner> = match environment.cloud {
        Some(backend) => Arc::new(backend),
        None => Arc::new(local(database_url, (environment.chain, environment.rpc_url), environment.folder).await?),
    };
    let (rollout, autoscale) = environment.rules;
    let fleet = FleetConfig { rollout, autoscale, ..FleetConfig::new(environment.seal_key.clone()) };
    let (fleet_database, token) = (database.clone(), shutdown.clone());
    roles.spawn(async move { linkpool_fleet::run(fleet, fleet_database, backend, token).await.context("running the fleet") });
    // Nothing is worth anything here, and a hundred nodes at once are a pleasure to watch.
    let transactions = TransactionConfig { limits: Limits::none(), poll_interval: POLL_INTERVAL, ..TransactionConfig::default() };
    let settings = RegistrarConfig { transactions, seal_key: Some(environment.seal_key), ..RegistrarConfig::new(contracts.pool) };
    let signer = Arc::new(LocalSigner::from_key(REGISTRAR_KEY)?);
    let (database, chain, token) = (database.clone(), chain.clone(), shutdown.clone());
    roles.spawn(
        async move { linkpool_registrar::run(settings, database, chain, signer, token).await.context("registering nodes") },
    );
    Ok(())
}

/// Asks for the first nodes, once in the life of the database, and waits until they are open.
pub async fn ensure_first(database: &Database, proof_mode: ProofMode) -> Result<()> {
    let request = ScaleRequest {
        idempotency_key: "first nodes of the development stack".into(),
        actor: "linkpool dev".into(),
        count: NODES,
        reason: Some("a new stack starts with two nodes".into()),
        proof_mode,
    };
    database.request_nodes(&request).await?;
    let deadline = tokio::time::Instant::now() + OPEN_TIMEOUT;
    loop {
        let mut nodes = database.fleet_nodes().await?;
        nodes.retain(|node| node.source == Source::Fleet);
        if nodes.iter().filter(|node| node.phase == Phase::Open).count() >= usize::from(NODES) {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            let stuck = nodes.iter().find(|node| node.phase != Phase::Open);
            let why = stuck.map(|node| {
                format!(
                    "node {} is {}: {}",
                    node.id,
                    node.phase.as_str(),
                    node.last_error.as_deref().or(node.waiting_for.as_deref()).unwrap_or("no error")
                )
            });
            return Err(Failure::timed_out(format!(
                "the first nodes are not open after {} s: {}",
                OPEN_TIMEOUT.as_secs(),
                why.unwrap_or_default()
            )));
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

/// A file for its owner's eyes only, with one line.
pub fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")
}
