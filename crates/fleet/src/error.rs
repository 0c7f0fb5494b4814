//! What can go wrong while nodes are run.

use std::{io, path::PathBuf};

use linkpool_chainlink::SealError;
use linkpool_db::fleet::SecretKind;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Database(#[from] linkpool_db::Error),
    /// Another fleet of this machine runs the replicas in this directory.
    #[error("another fleet of this machine still runs the nodes in {}; this one takes over when that one ends or is stopped", directory.display())]
    DirectoryInUse { directory: PathBuf },
    /// A look at all nodes took longer than the lease allows.
    #[error("not done after {seconds} s: the database or the nodes' directory is slow; it goes on with what is left")]
    Slow { seconds: u64 },
    /// A file of the local backend.
    #[error("{}: {cause}; check that the directory exists and belongs to this user", path.display())]
    File { path: PathBuf, cause: io::Error },
    /// The client of the nodes' API could not be set up.
    #[error(transparent)]
    Client(#[from] linkpool_chainlink::client::Error),
    /// A secret of a node.
    #[error("the {kind} of node {node_id}: {cause}")]
    Secret { node_id: String, kind: SecretKind, cause: SealError },
    /// What a replica needs could not be made; in the launcher's own words.
    #[error("{reason}")]
    Unprepared { reason: String },
    /// The backend knows no such replica.
    #[error("the backend has no replica {replica_id} of node {node_id}")]
    UnknownReplica { node_id: String, replica_id: String },
}

impl Error {
    /// Whether the same call may succeed later with nothing changed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => error.is_transient(),
            Self::Client(error) => error.is_transient(),
            Self::File { .. }
            | Self::UnknownReplica { .. }
            | Self::DirectoryInUse { .. }
            | Self::Slow { .. }
            | Self::Unprepared { .. } => true,
            Self::Secret { .. } => false,
        }
    }
}
