//! `linkpool registrar`

use std::sync::Arc;

use anyhow::{Context, Result};
use linkpool_primitives::checksum;
use linkpool_registrar::{Account, Signer};
use tracing::info;

use super::start;
use crate::{
    config::Config,
    observe::{self, RegistrarRole},
    shutdown,
};

pub async fn run(config: &Config) -> Result<()> {
    let shutdown = shutdown::role_token()?;
    let signer = config.registrar.signer()?;
    let Some(start::Started { chain, database, pool }) = start::role(config, "registrar", &shutdown).await? else {
        return Ok(());
    };
    let mut settings = config.registrar.settings(pool, config.transactions.settings()?)?;
    settings.seal_key = config.fleet.seal_key_if_set()?;
    let role = RegistrarRole {
        database: database.clone(),
        chain: chain.clone(),
        pool,
        account: Account { chain_id: chain.chain_id(), address: signer.address() },
        pulse: settings.pulse.clone(),
        seen: observe::SeenOnChain::new(config.figures_age()),
    };
    observe::start(config.registrar.health_listen, role, &shutdown).await?;
    info!(account = checksum(&signer.address()), %pool, "registering nodes");
    linkpool_registrar::run(settings, database, chain, Arc::new(signer), shutdown).await.context("registering nodes")
}
