//! What ends the role, or a pass of it.

use linkpool_primitives::Address;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Chain(#[from] linkpool_chain::Error),
    #[error(transparent)]
    Database(#[from] linkpool_db::Error),
    /// A transaction of the role's account.
    #[error(transparent)]
    Sending(#[from] linkpool_tx_manager::Error),
    /// The contract says something that this version does not know.
    #[error(transparent)]
    Unknown(#[from] linkpool_primitives::UnknownWord),
    /// The factory pays another pool's stakers.
    #[error("the factory {factory} is of the pool {found}, and this is the pool {pool}: correct chain.earnings_factory")]
    OtherPool { factory: Address, found: Address, pool: Address },
    /// Nobody can say when the final block was.
    #[error("the chain has no final block yet")]
    NothingFinal,
}

impl Error {
    /// Whether it ends the role. No failure of the database does, and what the chain says may be mended behind its address.
    pub fn ends_role(&self) -> bool {
        match self {
            Self::Chain(_) | Self::Database(_) | Self::Unknown(_) | Self::NothingFinal => false,
            Self::Sending(error) => error.ends_role(),
            Self::OtherPool { .. } => true,
        }
    }
}
