//! What the indexer hands over at once.

use linkpool_primitives::{B256, BlockRef};

use crate::{contract_event::ContractEvent, cursor::Tags, dead_letter::DeadLetter, events::Events};

/// Most headers kept below the newest block, whatever the chain calls final: the bound on chains that finalize nothing.
/// A reorg deeper than this is treated as one below finality.
pub const HEADER_WINDOW: u64 = 4_096;

/// A header that a reorg may still remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub block: BlockRef,
    pub parent_hash: B256,
}

/// Everything the pool and the followed contracts did in a range of blocks.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The last block of the range: where the cursor will stand.
    pub to: BlockRef,
    pub tags: Tags,
    /// Whether `to` was the head when the range was fetched.
    pub caught_up: bool,
    /// Headers of the blocks above `tags.finalized`, and that of `to`.
    pub headers: Vec<Header>,
    /// In the order of the chain.
    pub events: Events,
    /// Logs of the same blocks that could not be decoded.
    pub dead_letters: Vec<DeadLetter>,
    pub followed: OfFollowed,
}

/// What followed contracts did, and which set of them was asked for.
#[derive(Debug, Clone, Default)]
pub struct OfFollowed {
    /// Nothing is written where the database follows another set by now; without a version that is not looked at.
    pub version: Option<u64>,
    /// In the order of the chain.
    pub events: Vec<ContractEvent>,
}

impl Batch {
    /// Whether it ends where blocks may still go, or at the head: readers wait for what is there.
    pub(super) fn is_tip(&self) -> bool {
        self.caught_up || self.to.number > self.tags.finalized
    }
}
