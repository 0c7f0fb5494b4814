//! `linkpool fleet`

use std::sync::Arc;

use anyhow::{Context, Result};
use linkpool_fleet::{FleetConfig, local::LocalBackend};

use super::connect;
use crate::{
    config::Config,
    failure::Failure,
    observe::{self, FleetRole},
    shutdown,
};

pub async fn run(config: &Config) -> Result<()> {
    let shutdown = shutdown::token()?;
    let database = connect::database(config).await?;
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
