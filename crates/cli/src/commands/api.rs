//! `linkpool api`

use anyhow::{Context, Result};
use linkpool_api::ApiConfig;
use tokio::net::TcpListener;
use tracing::info;

use super::connect;
use crate::{arguments::Api, config::Config, shutdown};

pub async fn run(config: &Config, options: &Api) -> Result<()> {
    let shutdown = shutdown::token()?;
    let listen = options.listen.unwrap_or(config.api.listen);
    let listener = listener(listen).await?;
    let database = connect::database(config).await?;
    let address = listener.local_addr()?;
    info!("serving the page and the API at http://{address}/");
    let settings = ApiConfig {
        explorer_url: config.api.explorer_url.clone(),
        abi_hash: linkpool_contracts::pool::abi_hash().to_string(),
        ..ApiConfig::default()
    };
    linkpool_api::serve(settings, database, listener, shutdown).await.context("serving the API")
}

/// A listener, or a sentence about who else has the port.
pub async fn listener(listen: std::net::SocketAddr) -> Result<TcpListener> {
    let taken = || format!("cannot listen on {listen}: stop what uses it, or pass another address with --listen (port 0 lets the system choose)");
    TcpListener::bind(listen).await.with_context(taken)
}
