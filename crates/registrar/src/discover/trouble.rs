//! Why a node did not get its step.

use linkpool_chainlink::client::{Error as ApiError, WalletError};

use crate::Error;

/// A sentence about the node, or a failure of our own.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The node's fault or state. Shown on it, tried again later.
    Node(String),
    /// Something is under way, which is no failure. Shown on the node, looked at again soon.
    Waiting(String),
    /// A person must look at the node.
    Quarantine(String),
    Ours(Error),
}

impl<E: Into<Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        match error.into() {
            error @ Error::NoTokenYet { reason: None, .. } => Self::Waiting(error.to_string()),
            error @ (Error::Credentials { .. } | Error::SealedLogin { .. } | Error::NoTokenYet { .. }) => {
                Self::Node(error.to_string())
            }
            error => Self::Ours(error),
        }
    }
}

impl Trouble {
    pub fn api(error: &ApiError) -> Self {
        Self::Node(error.to_string())
    }

    pub fn wallet(error: &WalletError) -> Self {
        Self::Node(error.to_string())
    }
}
