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
    /// Another replica holds the lease.
    #[error("stand-in node: Another node has taken the lease, exiting immediately")]
    LeaseLost,
    /// A newer version has held this database. Said by whoever has the lease already.
    #[error(
        "stand-in node: CheckVersion: Application version ({own}) is lower than database version ({database}). Only Chainlink {database} or higher can be run on this database"
    )]
    VersionTooLow {
        /// This replica's.
        own: String,
        /// The newest that was there.
        database: String,
    },
    /// The keystore was made with another password.
    #[error(
        "stand-in node: error authenticating keystore: unable to decrypt encrypted key ring: could not decrypt key with given password"
    )]
    KeystorePassword,
    /// Requests that had not ended when the time after a SIGTERM was over.
    #[error("stand-in node: Shutdown grace period of {} s exceeded, closing DB and exiting...", grace.as_secs())]
    GraceExceeded {
        /// That time.
        grace: std::time::Duration,
    },
    /// Its task was killed or panicked (only for replicas hosted in one process).
    #[error("stand-in node: its task ended early: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl StandinError {
    /// The process's exit code: 1 where a node ends by itself, 255 where it was not done in time; 2 for what is wrong with the
    /// command, as with every command of `linkpool`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BadConfig { .. } | Self::NotForDevelopment { .. } | Self::File { .. } => 2,
            Self::GraceExceeded { .. } => 255,
            Self::LeaseLost
            | Self::VersionTooLow { .. }
            | Self::KeystorePassword
            | Self::Listen { .. }
            | Self::Task(_)
            | Self::Database(_) => 1,
        }
    }
}
