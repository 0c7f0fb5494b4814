//! Going back: the same reads, as of an older block.

use linkpool_primitives::{B256, BlockRef};

use super::Snapshot;
use crate::{Result, statement::args};

impl Snapshot {
    /// Reads as of the end of `block` from here on, and returns the newest block at or before it that is known by hash: the
    /// last one that changed anything, or a later one whose header or hash is still kept. Between the two nothing happened.
    /// `None`, and nothing changes, if the contract did not exist yet.
    pub async fn go_back_to(&mut self, block: u64) -> Result<Option<BlockRef>> {
        if block >= self.cursor.block.number {
            self.past = None;
            return Ok(Some(self.cursor.block));
        }
        let select = "select block_number, block_hash, block_time from (
                 (select block_number, block_hash, block_time from event where block_number <= $1 order by block_number desc limit 1)
                 union all
                 (select block_number, block_hash, block_time from block
                   where block_number <= $1 and exists (select from event where block_number <= $1) order by block_number desc limit 1)
                 union all
                 (select block_number, block_hash, block_time from past_block
                   where block_number <= $1 and exists (select from event where block_number <= $1) order by block_number desc limit 1)
             ) known order by block_number desc limit 1";
        let row: Option<(u64, B256, u64)> = self.maybe(select, args![block]).await?;
        let Some((number, hash, timestamp)) = row else { return Ok(None) };
        let found = BlockRef { number, hash, timestamp };
        self.past = Some(found);
        Ok(Some(found))
    }
}
