//! The listeners of the roles without an API: health, readiness and metrics, where their settings say so.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use linkpool_health::{Recorder, Role};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tracing::info;

mod recent;
mod roles;
mod statistics;

pub use roles::{ApiRole, EarningsRole, FleetRole, IndexRole, RegistrarRole, ReporterRole, SendingRole};

/// Starts the listener, if there is to be one. A port that is taken is told before the role starts its work.
pub async fn start(listen: Option<SocketAddr>, role: impl Role, shutdown: &CancellationToken) -> Result<Option<JoinHandle<()>>> {
    let Some(address) = listen else { return Ok(None) };
    let recorder = Recorder::install()?;
    let listener = TcpListener::bind(address).await.with_context(|| format!("listening on {address} for health and metrics"))?;
    info!("health and metrics at http://{}/", listener.local_addr()?);
    let serve = linkpool_health::serve(listener, Arc::new(role), recorder, shutdown.clone());
    Ok(Some(tokio::spawn(async move {
        if let Err(error) = serve.await {
            tracing::error!(%error, "health and metrics are not served any more; the role goes on");
        }
    })))
}
