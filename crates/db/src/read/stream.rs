//! Whether what a client was told still holds.

use super::Snapshot;
use crate::{
    Result,
    ingest::{HEADER_WINDOW, RESUME_WINDOW},
    statement::args,
};

/// What became of a block that a client was told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is part of the chain, and what was told up to it holds.
    Stands,
    /// What was told of this block and those above may be wrong; what lies below holds.
    Replaced { first_invalid: u64 },
}

impl Snapshot {
    /// What became of the block that a client names by number and the first bytes of its hash.
    ///
    /// A block is known by the cursor, its header, its events, or as a past block. One that is not known, or has another
    /// hash, was replaced, and `revision` says how far down; or it was told so long ago, or by another database, that only the
    /// reach of any reorg bounds what may be wrong.
    pub async fn fate_of(&mut self, block_number: u64, hash_prefix: &[u8]) -> Result<Fate> {
        let stands = self.is_part_of_chain(block_number, hash_prefix).await?;
        let select = "select min(first_invalid) as first_invalid from revision where revision >= (
                 select min(revision) from revision where first_invalid <= $1 and through_block >= $1 and (is_correction or not $2))";
        let recorded: Option<u64> = self.one(select, args![block_number as i64, stands]).await?;
        let recorded = recorded.map(|first| first.min(block_number));
        if stands {
            return Ok(recorded.map_or(Fate::Stands, |first_invalid| Fate::Replaced { first_invalid }));
        }
        let is_on_record = block_number >= self.cursor.block.number.saturating_sub(RESUME_WINDOW);
        let first_invalid = match recorded {
            Some(first) if is_on_record => first,
            _ => self.reach_of_any_reorg(block_number).await?.min(recorded.unwrap_or(u64::MAX)),
        };
        Ok(Fate::Replaced { first_invalid })
    }

    /// The first block of which rows were replaced since `revision`, if any were.
    pub async fn replaced_since(&mut self, revision: u64) -> Result<Option<u64>> {
        let select = "select min(first_invalid) as first_invalid from revision where revision > $1";
        self.one(select, args![revision as i64]).await
    }

    /// Whether the block is part of the chain, as far as hashes are kept.
    pub async fn is_part_of_chain(&mut self, block_number: u64, hash_prefix: &[u8]) -> Result<bool> {
        let cursor = &self.cursor.block;
        if block_number >= cursor.number {
            return Ok(block_number == cursor.number && cursor.hash.starts_with(hash_prefix));
        }
        let select = "select substring(block_hash for $3) = $2 from (
                 select block_hash from block where block_number = $1
                 union all select block_hash from past_block where block_number = $1
                 union all (select block_hash from event where block_number = $1 limit 1)
                 union all select start_hash from deployment where start_block = $1
             ) known limit 1";
        let args = args![block_number as i64, hash_prefix, hash_prefix.len() as i32];
        let same: Option<bool> = self.maybe(select, args).await?;
        Ok(same.unwrap_or(false))
    }

    /// The lowest block that any reorg could replace after a client was told of `block_number`. Nothing bounds it for a block
    /// far above the cursor, which another database told of.
    async fn reach_of_any_reorg(&mut self, block_number: u64) -> Result<u64> {
        let start = self.deployment().await?.map_or(0, |deployment| deployment.start.number);
        let is_near = block_number <= self.cursor.block.number.saturating_add(HEADER_WINDOW);
        let reach = if is_near { (block_number + 1).saturating_sub(HEADER_WINDOW) } else { 0 };
        Ok(reach.max(start + 1))
    }
}
