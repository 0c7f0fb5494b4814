//! `linkpool api`: reads the database and nothing else, so that a user who may only read, or a standby server, is enough for it.

use anyhow::{Context, Result};
use linkpool_api::ApiConfig;
use tracing::info;

use super::{listener::listener, start};
use crate::{
    arguments::Api,
    config::Config,
    observe::{self, ApiRole},
    shutdown,
};

pub async fn run(config: &Config, options: &Api) -> Result<()> {
    let shutdown = shutdown::role_token()?;
    let (limits, currency) = (config.api.limits(), config.currency()?.to_owned());
    let Some(database) = start::database(config, "api", &shutdown).await? else { return Ok(()) };
    // Only now, so that nobody takes an API that waits for `linkpool migrate` for one that serves.
    let listener = listener(options.listen.unwrap_or(config.api.listen)).await?;
    observe::start(config.api.health_listen, ApiRole(database.clone()), &shutdown).await?;
    info!("serving the page and the API at http://{}/", listener.local_addr()?);
    let settings = ApiConfig {
        explorer_url: config.api.explorer_url.clone(),
        currency,
        abi_hash: linkpool_contracts::pool::abi_hash().to_string(),
        limits,
        trust_forwarded_for: config.api.trust_forwarded_for,
        ..ApiConfig::default()
    };
    linkpool_api::serve(settings, database.reader().clone(), listener, shutdown).await.context("serving the API")
}
