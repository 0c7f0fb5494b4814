//! The pool's nodes on a development stack: made by the fleet and put on chain by the registrar, as in production.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use linkpool_chain::Chain;
use linkpool_chainlink::Secret;
use linkpool_db::{
    Database, admin,
    fleet::{Phase, ScaleRequest},
};
use linkpool_fleet::{
    FleetConfig,
    local::{LocalBackend, LocalConfig},
};
use linkpool_registrar::{Limits, LocalSigner, RegistrarConfig, TransactionConfig};
use linkpool_testkit::stage::Contracts;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::failure::Failure;

/// How many nodes a new stack starts with.
const NODES: u16 = 2;
const NODES_DATABASE: &str = "linkpool_nodes";
const OPEN: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(50);
const POLL: Duration = Duration::from_millis(100);
/// Short, so that a watcher sees a standby take over.
const LEASE: Duration = Duration::from_secs(2);
const LEASE_REFRESH: Duration = Duration::from_millis(400);
/// Account 4 of anvil's default mnemonic: public, and worth nothing anywhere else.
const REGISTRAR_KEY: &str = "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a";

/// Starts the roles `fleet` and `registrar`.
pub async fn spawn(
    roles: &mut JoinSet<Result<()>>,
    chain: &Chain,
    database: (&Database, &str),
    contracts: &Contracts,
    folder: &Path,
    shutdown: &CancellationToken,
) -> Result<()> {
    let (database, database_url) = database;
    let nodes_url = admin::create_database(database_url, NODES_DATABASE).await.context("making the nodes' database")?;
    let program = std::env::current_exe().context("finding this executable")?;
    let mut local = LocalConfig::new(program, folder.join("nodes"), Secret::new(nodes_url), chain.chain_id());
    (local.lease_duration, local.lease_refresh) = (LEASE, LEASE_REFRESH);
    let backend = Arc::new(LocalBackend::new(local)?);
    let (fleet_database, token) = (database.clone(), shutdown.clone());
    roles.spawn(async move {
        linkpool_fleet::run(FleetConfig::default(), fleet_database, backend, token).await.context("running the fleet")
    });
    // Nothing is worth anything here, and a hundred nodes at once are a pleasure to watch.
    let transactions = TransactionConfig { limits: Limits::none(), poll_interval: POLL, ..TransactionConfig::default() };
    let settings = RegistrarConfig { transactions, ..RegistrarConfig::new(contracts.pool) };
    let signer = Arc::new(LocalSigner::from_key(REGISTRAR_KEY)?);
    let (database, chain, token) = (database.clone(), chain.clone(), shutdown.clone());
    roles.spawn(
        async move { linkpool_registrar::run(settings, database, chain, signer, token).await.context("registering nodes") },
    );
    Ok(())
}

/// Asks for the first nodes, once in the life of the database, and waits until they are open.
pub async fn ensure_first(database: &Database) -> Result<()> {
    let request = ScaleRequest {
        idempotency_key: "first nodes of the development stack".into(),
        actor: "linkpool dev".into(),
        count: NODES,
        reason: Some("a new stack starts with two nodes".into()),
    };
    database.request_nodes(&request).await?;
    let deadline = tokio::time::Instant::now() + OPEN;
    loop {
        let nodes = database.fleet_nodes().await?;
        if nodes.iter().filter(|node| node.phase == Phase::Open).count() >= usize::from(NODES) {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            let stuck = nodes.iter().find(|node| node.phase != Phase::Open);
            let why = stuck.map(|node| {
                format!("node {} is {}: {}", node.id, node.phase.as_str(), node.last_error.as_deref().unwrap_or("no error"))
            });
            return Err(Failure::timed_out(format!(
                "the first nodes are not open after {} s: {}",
                OPEN.as_secs(),
                why.unwrap_or_default()
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
}
