//! Why a node did not get what it lacks.

use linkpool_chainlink::client::Error as ApiError;

use crate::Error;

#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The node's fault or state, in one sentence.
    #[error("{0}")]
    Node(String),
    /// A call of the node's API.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The database, or a secret that does not open. Nothing of it is shown at the node.
    #[error(transparent)]
    Ours(Error),
}

impl From<linkpool_db::Error> for Trouble {
    fn from(error: linkpool_db::Error) -> Self {
        Self::Ours(error.into())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}
