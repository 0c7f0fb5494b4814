//! Why a stand-in node ends.

use std::{io, net::SocketAddr, path::PathBuf};

/// Why a stand-in node did not start, or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandinError {
    /// A setting that cannot work.
    #[error("stand-in node: {reason}")]
    BadConfig {
        /// What is wrong and what to do.
        reason: String,
    },
    /// A chain that nobody named as one for development, or one that never is.
    #[error(
        "a stand-in node is not for chain {chain_id}: its wallet's key lies open in its database, so it runs on chains that were named as development chains only, and never on a main network"
    )]
    NotForDevelopment {
        /// The chain that it was asked to run on.
        chain_id: u64,
    },
    /// A file of secrets or the port file.
    #[error("stand-in node: {}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The node's database.
    #[error("stand-in node: its database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The API's address is not free, or not ours.
    #[error("stand-in node: cannot listen on {address}: {source}")]
    Listen {
        /// The address from the configuration.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// Another replica holds the lease, or ours could not be renewed in time.
    #[error("stand-in node: another replica has taken the database lease, so this one ends")]
    LeaseLost,
    /// Its task was killed or panicked (only for replicas hosted in one process).
    #[error("stand-in node: its task ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl StandinError {
    /// The process's exit code, by the table of all `linkpool` commands: 2 bad input, 3 refused, 5 unreachable.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BadConfig { .. } | Self::NotForDevelopment { .. } | Self::File { .. } | Self::Listen { .. } => 2,
            Self::LeaseLost | Self::Task(_) => 3,
            Self::Database(_) => 5,
        }
    }
}
