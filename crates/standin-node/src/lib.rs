#![doc = include_str!("../README.md")]

mod args;
mod as_node;
mod balance;
mod caller;
mod chain;
mod config;
mod error;
mod fault;
mod fault_answer;
mod health;
mod host;
mod job;
mod json_api;
mod lease;
mod listener;
mod node;
mod port_file;
mod rate_limit;
mod replica;
mod route;
mod rows;
mod session_secret;
mod startup;
mod store;
mod work;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

pub use args::StandinArgs;
pub use as_node::ChainlinkArgs;
pub use chain::DevelopmentChain;
pub use config::{AdminCredentials, HEALTH_INTERVAL, LeaseTiming, ReplicaConfig, StandinConfig, VERSION};
pub use error::StandinError;
pub use fault::{Fault, FaultSet};
pub use host::Host;
pub use replica::{Replica, ReplicaHandle, ReplicaState};
pub use rows::{make_from_text, rows_as_text};
pub use store::Schema;

/// Runs one replica with connections of its own until `shutdown` is cancelled or its lease is lost.
///
/// # Errors
/// [`StandinError`]; after [`StandinError::LeaseLost`] the process must end, as a node's does.
pub async fn run(config: StandinConfig, shutdown: CancellationToken) -> Result<(), StandinError> {
    let id = uuid::Uuid::new_v4();
    let pool = store::connect(&config.database_url, &config.replica.version, id).await?;
    Replica::new(pool, config.replica)?.called(id).run(shutdown).await
}

/// [`run`] until SIGTERM or SIGINT, which release the lease.
///
/// # Errors
/// [`StandinError`].
pub async fn run_until_signal(config: StandinConfig) -> Result<(), StandinError> {
    let shutdown = CancellationToken::new();
    let mut terminate = listen_for(SignalKind::terminate())?;
    let mut interrupt = listen_for(SignalKind::interrupt())?;
    let stop = shutdown.clone();
    let signals = tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.cancel();
    });
    let outcome = run(config, shutdown).await;
    signals.abort();
    outcome
}

fn listen_for(kind: SignalKind) -> Result<Signal, StandinError> {
    signal(kind).map_err(|error| StandinError::BadConfig { reason: format!("cannot listen for signals: {error}") })
}
