//! Whether the index follows the chain, and why not.

crate::words! {
    /// What the indexer says of itself: written to the database, shown by the API and by every other role.
    pub enum IndexerState {
        Ok = "ok",
        /// It writes, and is far behind the head.
        Backfilling = "backfilling",
        /// No progress though the chain moves, or nobody tells how the chain moves.
        Stalled = "stalled",
        /// One block holds more logs than any endpoint gives at once.
        BlockTooLarge = "block-too-large",
        /// The database can't be read.
        CannotLoad = "cannot-load",
        /// Nothing can be written, or a write does not end.
        CannotWrite = "cannot-write",
        /// Blocks have become final and can't be compared with what is written. New blocks are written all the same.
        CannotRecheck = "cannot-recheck",
        /// The endpoints answer, and not so that anything could be written from it.
        CannotServe = "cannot-serve",
        /// Blocks that were final are gone. Nothing is written any more.
        ReorgBelowFinality = "reorg-below-finality",
    }
}

impl IndexerState {
    /// Whether blocks are written, near the head or not.
    pub const fn is_moving(self) -> bool {
        match self {
            Self::Ok | Self::Backfilling | Self::CannotRecheck => true,
            Self::Stalled
            | Self::BlockTooLarge
            | Self::CannotLoad
            | Self::CannotWrite
            | Self::CannotServe
            | Self::ReorgBelowFinality => false,
        }
    }
}
