//! Whether what a client was told still holds.

use super::Snapshot;
use crate::Result;

impl Snapshot {
    /// Whether the block that a client names by number and the first bytes of its hash is still part of the chain.
    ///
    /// Headers are kept down to finality. Below that nothing can go any more, so a block without a header or event of its
    /// own is taken at its word.
    pub async fn is_canonical(&mut self, block_number: u64, hash_prefix: &[u8]) -> Result<bool> {
        let cursor = &self.cursor.block;
        if block_number >= cursor.number {
            return Ok(block_number == cursor.number && cursor.hash.starts_with(hash_prefix));
        }
        let other: bool = sqlx::query_scalar(
            "select coalesce(
                 (select substring(block_hash for $3) <> $2 from block where block_number = $1),
                 (select substring(block_hash for $3) <> $2 from event where block_number = $1 limit 1),
                 false)",
        )
        .bind(block_number as i64)
        .bind(hash_prefix)
        .bind(hash_prefix.len() as i32)
        .fetch_one(self.connection())
        .await?;
        Ok(!other)
    }
}
