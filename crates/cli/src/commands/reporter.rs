//! `linkpool reporter`

use std::sync::Arc;

use anyhow::{Context, Result};
use linkpool_health::Pulse;
use linkpool_primitives::checksum;
use linkpool_registrar::{Sender, Signer};
use tracing::info;

use super::start;
use crate::{
    config::{Config, keys::Key},
    observe, shutdown,
};

pub async fn run(config: &Config) -> Result<()> {
    let shutdown = shutdown::role_token()?;
    // Before the chain and the database, so that a mistake in the settings is told at once.
    config.reporter.settings(Default::default())?;
    let signer = config.keys.signer(Key::Reporter)?;
    let Some(start::Started { chain, database, pool }) = start::role(config, "reporter", &shutdown).await? else { return Ok(()) };
    let settings = config.reporter.settings(pool)?;
    info!(account = checksum(&signer.address()), %pool, source = ?settings.source, "reporting the network's size");
    let sender = Sender::new(config.transactions.settings()?, database.clone(), chain.clone(), Arc::new(signer));
    let pulse = Pulse::default();
    let role = observe::ReporterRole {
        database: database.clone(),
        chain: chain.clone(),
        pool,
        account: sender.account(),
        pulse: pulse.clone(),
        seen: observe::SeenOnChain::new(config.figures_age()),
    };
    observe::start(config.reporter.health_listen, role, &shutdown).await?;
    linkpool_reporter::run(settings, database, sender, chain, pulse, shutdown).await.context("reporting the network's size")
}
