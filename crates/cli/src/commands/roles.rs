//! `linkpool api`, `registrar` and `reporter`: what the settings say of a role, what it shows of itself, and the role.

use anyhow::{Context, Result};
use linkpool_api::ApiConfig;
use linkpool_health::Heartbeat;
use linkpool_primitives::checksum;
use linkpool_tx_manager::{Account, Sender};
use tracing::info;

use super::start;
use crate::{
    arguments::Api,
    config::{Config, keys::Key},
    observe::{self, ApiRole, RegistrarRole, ReporterRole, SendingRole},
    shutdown,
};

/// Reads the database and nothing else, so that a user who may only read, or a standby server, is enough for it.
pub async fn api(config: &Config, options: &Api) -> Result<()> {
    let shutdown = shutdown::role_token()?;
    let (limits, currency, earnings_factory) = (config.api.limits(), config.currency()?.to_owned(), config.earnings_factory()?);
    let Some(database) = start::database(config, "api", &shutdown).await? else { return Ok(()) };
    // Only now, so that nobody takes an API that waits for `linkpool migrate` for one that serves.
    let listener = start::listener(options.listen.unwrap_or(config.api.listen)).await?;
    observe::start(config.api.health_listen, ApiRole(database.clone()), &shutdown).await?;
    info!("serving the page and the API at http://{}/", listener.local_addr()?);
    let settings = ApiConfig {
        explorer_url: config.api.explorer_url.clone(),
        currency,
        earnings_factory,
        abi_hash: linkpool_contracts::pool::abi_hash().to_string(),
        limits,
        trust_forwarded_for: config.api.trust_forwarded_for,
        ..ApiConfig::default()
    };
    linkpool_api::serve(settings, database.reader().clone(), listener, shutdown).await.context("serving the API")
}

/// Finds the nodes' wallets and puts them on chain.
pub async fn registrar(config: &Config) -> Result<()> {
    let shutdown = shutdown::role_token()?;
    let signer = config.registrar.signer(&config.aws).await?;
    let Some(start::Started { chain, database, pool }) = start::role(config, "registrar", &shutdown).await? else {
        return Ok(());
    };
    let mut settings = config.registrar.settings(pool, config.transactions.settings()?)?;
    settings.seal_key = config.fleet.seal_key_if_set()?;
    let account = Account { chain_id: chain.chain_id(), address: signer.address() };
    let role = SendingRole::new((&chain, &database, pool), account, &settings.heartbeat, config.statistics_age());
    observe::start(config.registrar.health_listen, RegistrarRole(role), &shutdown).await?;
    info!(account = checksum(&signer.address()), %pool, "registering nodes");
    linkpool_registrar::run(settings, database, chain, signer, shutdown).await.context("registering nodes")
}

/// Reports the size of the oracle network.
pub async fn reporter(config: &Config) -> Result<()> {
    let shutdown = shutdown::role_token()?;
    // Before the chain and the database, so that a mistake in the settings is told at once.
    config.reporter.settings(Default::default())?;
    let signer = config.keys.signer(Key::Reporter, &config.aws).await?;
    let Some(start::Started { chain, database, pool }) = start::role(config, "reporter", &shutdown).await? else { return Ok(()) };
    let settings = config.reporter.settings(pool)?;
    info!(account = checksum(&signer.address()), %pool, source = ?settings.source, "reporting the network's size");
    let sender = Sender::new(config.transactions.settings()?, database.clone(), chain.clone(), signer);
    let heartbeat = Heartbeat::default();
    let role = SendingRole::new((&chain, &database, pool), sender.account(), &heartbeat, config.statistics_age());
    observe::start(config.reporter.health_listen, ReporterRole(role), &shutdown).await?;
    linkpool_reporter::run(settings, database, sender, chain, heartbeat, shutdown).await.context("reporting the network's size")
}
