#![doc = include_str!("../README.md")]

mod args;
mod caller;
mod chain;
mod config;
mod error;
mod fault;
mod fault_answer;
mod job;
mod json_api;
mod lease;
mod listener;
mod node;
mod port_file;
mod rate_limit;
mod replica;
mod route;
mod store;
mod work;

use tokio_util::sync::CancellationToken;

pub use args::StandinArgs;
pub use chain::DevelopmentChain;
pub use config::{AdminCredentials, LeaseTiming, ReplicaConfig, StandinConfig};
pub use error::StandinError;
pub use fault::{Fault, FaultSet};
pub use replica::{Replica, ReplicaHandle, ReplicaState};
pub use store::Schema;

/// Runs one replica with connections of its own until `shutdown` is cancelled or its lease is lost.
///
/// # Errors
/// [`StandinError`]; after [`StandinError::LeaseLost`] the process must end, as a node's does.
pub async fn run(config: StandinConfig, shutdown: CancellationToken) -> Result<(), StandinError> {
    let pool = store::connect(&config.database_url).await?;
    Replica::new(pool, config.replica)?.run(shutdown).await
}
