//! What ends a transaction's way, or a pass of it.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Database(#[from] linkpool_db::Error),
    #[error(transparent)]
    Chain(#[from] linkpool_chain::Error),
    #[error(transparent)]
    Signer(#[from] crate::SignerError),
    #[error("the idempotency key `{key}` was used for another request: use a new key for a new request")]
    OtherRequest { key: String },
    #[error("an idempotency key has 1 to 200 bytes")]
    Key,
    #[error("there is no transaction {id}")]
    UnknownRequest { id: i64 },
    #[error("nonce {nonce} is not open: it is mined, or was never given out")]
    NotOpen { nonce: u64 },
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
            Self::Chain(_) => true,
            Self::Signer(error) => error.is_transient(),
            Self::OtherRequest { .. } | Self::Key | Self::UnknownRequest { .. } | Self::NotOpen { .. } | Self::FailPoint(_) => {
                false
            }
        }
    }
}
