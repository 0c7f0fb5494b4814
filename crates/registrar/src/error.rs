//! What ends the registrar, or a pass of it.

use std::path::PathBuf;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database.
    #[error(transparent)]
    Database(#[from] linkpool_db::Error),
    /// The chain.
    #[error(transparent)]
    Chain(#[from] linkpool_chain::Error),
    /// A transaction of the registrar's account.
    #[error(transparent)]
    Sending(#[from] linkpool_tx_manager::Error),
    /// The contract says something that this version does not know.
    #[error(transparent)]
    Unknown(#[from] linkpool_primitives::UnknownWord),
    /// The client of the nodes' API could not be set up.
    #[error(transparent)]
    Client(#[from] linkpool_chainlink::client::Error),
    /// A node's API login, in a file of the fleet.
    #[error("the node's API login in {} can't be used: {reason}", path.display())]
    Credentials { path: PathBuf, reason: String },
    /// A node's API login, in the database.
    #[error("the registrar's token at node {node_id}: {reason}")]
    SealedLogin { node_id: String, reason: String },
    /// The fleet makes it once the node serves, where nothing keeps it from that.
    #[error("{}", no_token(reason.as_deref()))]
    NoTokenYet { node_id: String, reason: Option<String> },
}

fn no_token(reason: Option<&str>) -> String {
    match reason {
        None => "waiting for the fleet to make the registrar's token at the node".into(),
        Some(reason) => format!("the fleet can't make the registrar's token at the node: {reason}"),
    }
}

impl Error {
    /// Whether it ends a role. No failure of the database does: the role waits, says so, and goes on.
    pub fn ends_role(&self) -> bool {
        match self {
            Self::Database(_) => false,
            Self::Sending(error) => error.ends_role(),
            error => !error.is_transient(),
        }
    }

    /// Whether a later pass may succeed with nothing changed. What the chain says is always taken as such: an endpoint may be
    /// mended behind its address.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => error.is_transient(),
            Self::Chain(_) | Self::Unknown(_) => true,
            Self::Sending(error) => error.is_transient(),
            Self::Client(error) => error.is_transient(),
            Self::Credentials { .. } | Self::SealedLogin { .. } | Self::NoTokenYet { .. } => true,
        }
    }
}
