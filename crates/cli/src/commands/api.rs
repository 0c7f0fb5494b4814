//! `linkpool api`

use anyhow::{Context, Result};
use linkpool_api::{ApiConfig, operator::OperatorToken};
use tokio::net::TcpListener;
use tracing::info;

use super::connect;
use crate::{arguments::Api, config::Config, shutdown};

pub async fn run(config: &Config, options: &Api) -> Result<()> {
    let shutdown = shutdown::token()?;
    let limits = config.api.limits()?;
    let listen = options.listen.unwrap_or(config.api.listen);
    let listener = listener(listen).await?;
    let database = connect::database(config).await?;
    let address = listener.local_addr()?;
    let operator = operator_listener(config).await?;
    info!("serving the page and the API at http://{address}/");
    let settings = ApiConfig {
        explorer_url: config.api.explorer_url.clone(),
        abi_hash: linkpool_contracts::pool::abi_hash().to_string(),
        limits,
        trust_forwarded_for: config.api.trust_forwarded_for,
        ..ApiConfig::default()
    };
    let calls = async {
        match operator {
            Some((token, listener)) => linkpool_api::operator::serve(token, database.clone(), listener, shutdown.clone()).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(linkpool_api::serve(settings, database.clone(), listener, shutdown.clone()), calls)
        .context("serving the API")?;
    Ok(())
}

/// The operator's listener and its token, where a token file is configured.
async fn operator_listener(config: &Config) -> Result<Option<(OperatorToken, TcpListener)>> {
    let Some(path) = &config.operator.token_file else { return Ok(None) };
    let token = OperatorToken::read(path)?;
    let listener = listener(config.operator.listen).await?;
    info!("serving the operator's calls at http://{}/", listener.local_addr()?);
    Ok(Some((token, listener)))
}

/// A listener, or a sentence about who else has the port.
pub async fn listener(listen: std::net::SocketAddr) -> Result<TcpListener> {
    let taken = || {
        format!(
            "cannot listen on {listen}: stop what uses it, or pass another address with --listen (port 0 lets the system choose)"
        )
    };
    TcpListener::bind(listen).await.with_context(taken)
}
