//! What ends the reporter, or a pass of it.

use crate::{SourceError, Unbelievable};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Chain(#[from] linkpool_chain::Error),
    #[error(transparent)]
    Database(#[from] linkpool_db::Error),
    /// The durable path.
    #[error(transparent)]
    Sending(#[from] linkpool_tx_manager::Error),
    /// The source gives no number.
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error("the source's number is not reported: {0}")]
    Unbelievable(#[from] Unbelievable),
    #[error("the report was not taken: {reason}")]
    Refused { reason: String },
    /// The contract counts a report for a shorter time than is waited for the next.
    #[error("reports count for {report_age_seconds} s on this pool: report_after must be shorter")]
    TooRare { report_age_seconds: u64 },
    #[error("the HTTP client does not start: {0}")]
    Client(#[source] reqwest::Error),
}

impl Error {
    /// Whether a later pass may succeed. A source that is broken or absurd may be mended at its place at any time, and a role
    /// may be given back.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Chain(_) | Self::Source(_) | Self::Unbelievable(_) | Self::Refused { .. } => true,
            // No failure of the database ends the role.
            Self::Database(_) => true,
            Self::Sending(error) => !error.ends_role(),
            Self::TooRare { .. } | Self::Client(_) => false,
        }
    }
}
