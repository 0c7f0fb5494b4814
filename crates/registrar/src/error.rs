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
    /// The signer.
    #[error(transparent)]
    Signer(#[from] crate::SignerError),
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
    #[error("the login of node {node_id}: {reason}")]
    SealedLogin { node_id: String, reason: String },
    /// The idempotency key stands for another transaction.
    #[error("the idempotency key `{key}` was used for another request: use a new key for a new request")]
    OtherRequest { key: String },
    /// Not an idempotency key.
    #[error("an idempotency key has 1 to 200 bytes")]
    Key,
    /// There is no such transaction.
    #[error("there is no transaction {id}")]
    UnknownIntent { id: i64 },
    /// Nothing can be done about the nonce any more, or not yet.
    #[error("nonce {nonce} is not open: it is mined, or was never given out")]
    NotOpen { nonce: u64 },
    /// A test stopped the registrar here.
    #[error("stopped at the fail point {0}")]
    FailPoint(&'static str),
}

impl Error {
    /// Whether it ends a role. No failure of the database does: the role waits, says so, and goes on.
    pub fn ends_role(&self) -> bool {
        !matches!(self, Self::Database(_)) && !self.is_transient()
    }

    /// Whether a later pass may succeed with nothing changed. What the chain says is always taken as such: an endpoint may be
    /// mended behind its address.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => error.is_transient(),
            Self::Chain(_) | Self::Unknown(_) => true,
            Self::Signer(error) => error.is_transient(),
            Self::Client(error) => error.is_transient(),
            Self::Credentials { .. } | Self::SealedLogin { .. } => true,
            Self::OtherRequest { .. } | Self::Key | Self::UnknownIntent { .. } | Self::NotOpen { .. } | Self::FailPoint(_) => {
                false
            }
        }
    }
}
