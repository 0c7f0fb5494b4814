//! As of which block an answer is, and what every snapshot of one has.

use linkpool_db::{
    cursor::Cursor,
    deployment::Deployment,
    read::{PoolRecord, Snapshot},
};
use linkpool_primitives::{B256, BlockRef};

use crate::{health, problem::Problem};

pub(crate) async fn deployment(snapshot: &mut Snapshot) -> Result<Deployment, Problem> {
    snapshot.deployment().await?.ok_or_else(Problem::not_ready)
}

/// The pool's row, which exists once its first event is indexed.
pub(crate) async fn pool(snapshot: &mut Snapshot) -> Result<PoolRecord, Problem> {
    snapshot.pool().await?.ok_or_else(Problem::not_ready)
}

/// The moment an answer is about: the indexed block, its time, and what no reorg reaches.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AsOf {
    pub block: BlockRef,
    pub finalized_block: u64,
    /// The newest indexed block, which decides how long an answer may be kept.
    pub present: B256,
    /// The block that was asked for by number or name; `block` is the newest known one at or before it.
    pub asked: Option<u64>,
    /// Whether it was asked for by number, not by a name that moves.
    pub by_number: bool,
    /// Whether the indexer stands still, so that the present may be older than it looks.
    pub is_stale: bool,
    /// How often what readers may have seen was replaced.
    pub revision: u64,
}

impl AsOf {
    pub fn of(cursor: &Cursor) -> Self {
        Self {
            block: cursor.block,
            finalized_block: cursor.tags.finalized,
            present: cursor.block.hash,
            asked: None,
            by_number: false,
            is_stale: !health::is_moving(cursor),
            revision: cursor.revision,
        }
    }

    /// Unix seconds at which everything that time changes is computed.
    pub fn now(&self) -> u64 {
        self.block.timestamp
    }

    /// Whether the answer will be the same at any later time.
    pub fn is_about_a_final_block(&self) -> bool {
        self.by_number && self.asked.is_some_and(|block| self.is_final(block))
    }

    pub fn is_final(&self, block_number: u64) -> bool {
        block_number <= self.finalized_block
    }
}
