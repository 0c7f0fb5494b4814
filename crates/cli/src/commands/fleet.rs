//! `linkpool fleet`: the nodes of this machine, and the operator's calls about all of them.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use clap::Args;
use linkpool_api::operator::{self, OperatorToken};
use linkpool_db::Database;
use linkpool_fleet::{FleetConfig, local::LocalBackend};
use linkpool_health::Pulse;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{connect, listener};
use crate::{
    config::Config,
    failure::Failure,
    observe::{self, FleetRole},
    shutdown,
};

/// How often a fleet without nodes looks whether its database answers.
const LOOK: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub struct Fleet {
    /// Run no nodes, only serve the operator's calls: for a pool whose nodes others run
    #[arg(long)]
    no_nodes: bool,
}

pub async fn run(config: &Config, options: &Fleet) -> Result<()> {
    let shutdown = shutdown::token()?;
    let Some(database) = connect::role_database(config, "fleet", &shutdown).await? else { return Ok(()) };
    let operator = listener::operator(config).await?;
    if options.no_nodes && operator.is_none() {
        return Err(Failure::bad_input("a fleet with --no-nodes and without operator.token_file has nothing to do: set it"));
    }
    let calls = calls(operator, database.clone(), shutdown.clone());
    if options.no_nodes {
        let pulse = Pulse::default();
        let role = FleetRole { database: database.clone(), pulse: pulse.clone() };
        observe::start(config.fleet.health_listen, role, &shutdown).await?;
        tokio::spawn(shutdown.run_until_cancelled_owned(beat(database, pulse)));
        return calls.await;
    }
    let nodes = nodes(config, database, shutdown);
    tokio::try_join!(nodes, calls)?;
    Ok(())
}

async fn nodes(config: &Config, database: Database, shutdown: CancellationToken) -> Result<()> {
    // The fleet does not talk to the chain; the database knows which one the pool is on.
    let known = database.deployment().await?.map(|deployment| deployment.chain_id);
    let chain_id = config.chain_id().or(known);
    let chain_id = chain_id
        .ok_or_else(|| Failure::bad_input("pass --chain-id ID, or set chain.chain_id: the chain of the nodes' wallets"))?;
    let backend = LocalBackend::new(config.fleet.local(chain_id)?)?;
    let settings = FleetConfig::default();
    let role = FleetRole { database: database.clone(), pulse: settings.pulse.clone() };
    observe::start(config.fleet.health_listen, role, &shutdown).await?;
    linkpool_fleet::run(settings, database, Arc::new(backend), shutdown).await.context("running the fleet")
}

/// Where no token is configured there are no calls, and nobody waits for them.
async fn calls(operator: Option<(OperatorToken, TcpListener)>, database: Database, shutdown: CancellationToken) -> Result<()> {
    match operator {
        Some((token, listener)) => {
            operator::serve(token, database, listener, shutdown).await.context("serving the operator's calls")
        }
        None => Ok(()),
    }
}

/// Tells `/health` whether the database answers, which is all that the calls need.
async fn beat(database: Database, pulse: Pulse) {
    loop {
        match database.clock().await {
            Ok(_) => pulse.beat(false),
            Err(error) => pulse.stumble(error.to_string()),
        }
        tokio::time::sleep(LOOK).await;
    }
}
