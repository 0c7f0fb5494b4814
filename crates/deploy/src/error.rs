//! What keeps a deployment from being made, or from being called made.

use std::path::PathBuf;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Chain(#[from] linkpool_chain::Error),
    /// The terms contradict each other, or leave something out that can't be mended later.
    #[error("{0}")]
    Terms(String),
    #[error("{address} is not the LINK token: {why}")]
    NotLink { address: String, why: String },
    #[error("{contract} can't be made with these terms: {sentence}")]
    Refused { contract: &'static str, sentence: String },
    #[error("the endpoint makes other code of {contract} than it compiles to: use another endpoint")]
    OtherCode { contract: &'static str },
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: String },
}

impl Error {
    /// Whether the same may succeed later with nothing changed.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Chain(error) if error.is_transient())
    }
}
