//! Why the indexer can't go on.

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Chain(#[from] linkpool_chain::Error),
    #[error(transparent)]
    Database(#[from] linkpool_db::Error),
    /// A log of the contract that this version can't read: an older executable, or not our contract.
    #[error("block {block}, log {index}: {source}; is this executable older than the contract?")]
    Decode { block: u64, index: u64, source: linkpool_contracts::DecodeError },
    /// A value of the contract that this version does not know.
    #[error(transparent)]
    Unknown(#[from] linkpool_primitives::UnknownWord),
    #[error("block {block}, log {index}: {what} does not fit")]
    OutOfRange { block: u64, index: u64, what: &'static str },
    #[error(
        "a reorg reaches below the last final block {finalized}: the chain no longer has block {block} as it was indexed; \
         nothing more is written. Compare endpoints; if the chain really changed, run `linkpool repair` and start the indexer again"
    )]
    BelowFinality { block: u64, finalized: u64 },
    #[error("{count} blocks are wrong: run `linkpool repair --from {first}`, which indexes everything from there again")]
    TooManyBadBlocks { count: usize, first: u64 },
    #[error("nothing was repaired: asked for block {blocks} by hash, `{endpoint}` has no logs of it; give another RPC endpoint")]
    NothingRepaired { endpoint: String, blocks: String },
    /// The first block has nothing of the contract's creation, by the word of an endpoint that has no reason to lie.
    #[error(
        "block {block}, which is said to be the pool's first, does not hold its creation: give `chain.deploy_block` the block of the \
         deployment (the file that `linkpool deploy` left has it)"
    )]
    NotCreatedThere { block: u64 },
    #[error(
        "this database follows the pool {followed} of chain {followed_chain}, not {asked} of chain {asked_chain}: use another database"
    )]
    OtherDeployment { followed: String, followed_chain: u64, asked: String, asked_chain: u64 },
}

impl Error {
    /// Whether to try the same step again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Chain(error) => error.is_transient(),
            // A moved cursor means another indexer is at work: read it and go on from there.
            Self::Database(linkpool_db::Error::CursorMoved { .. }) => true,
            Self::Database(error) => error.is_transient(),
            _ => false,
        }
    }
}
