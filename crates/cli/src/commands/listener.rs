//! Ports: taken before the work starts, or a sentence about who else has them.

use anyhow::{Context, Result};
use linkpool_api::operator::OperatorToken;
use tokio::net::TcpListener;
use tracing::info;

use crate::config::Config;

/// A listener, or a sentence about who else has the port.
pub async fn listener(listen: std::net::SocketAddr) -> Result<TcpListener> {
    let taken = || {
        format!(
            "cannot listen on {listen}: stop what uses it, or pass another address with --listen (port 0 lets the system choose)"
        )
    };
    TcpListener::bind(listen).await.with_context(taken)
}

/// The operator's listener and its token, where a token file is configured.
pub async fn operator(config: &Config) -> Result<Option<(OperatorToken, TcpListener)>> {
    let Some(path) = &config.operator.token_file else { return Ok(None) };
    let token = OperatorToken::read(path)?;
    let taken =
        || format!("cannot listen on {}: stop what uses it, or set operator.listen to another address", config.operator.listen);
    let listener = TcpListener::bind(config.operator.listen).await.with_context(taken)?;
    info!("serving the operator's calls at http://{}/", listener.local_addr()?);
    Ok(Some((token, listener)))
}
