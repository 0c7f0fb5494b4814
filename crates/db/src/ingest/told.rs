//! What readers were told, for those who come back: which blocks there were, and what was replaced since.

use linkpool_primitives::{B256, BlockRef};

use super::batch::{Batch, HEADER_WINDOW, Header};
use crate::{
    Result,
    pool::Connection,
    statement::{all, args, run},
};

/// How many block numbers below the newest one keep their hash after a reorg can't reach them any more: two weeks of
/// Ethereum, and 10 MB. A reader who was away for longer is told to start over.
pub const TOLD_WINDOW: u64 = 100_000;

/// Keeps the headers that can still go and the last final one, the ancestor of last resort. Those below, and those beyond
/// [`HEADER_WINDOW`], become past blocks, and what lies beyond [`TOLD_WINDOW`] is forgotten.
pub(super) async fn keep_headers(connection: &mut Connection, batch: &Batch) -> Result<()> {
    let numbers: Vec<u64> = batch.headers.iter().map(|header| header.block.number).collect();
    let hashes: Vec<B256> = batch.headers.iter().map(|header| header.block.hash).collect();
    let parents: Vec<B256> = batch.headers.iter().map(|header| header.parent_hash).collect();
    let times: Vec<u64> = batch.headers.iter().map(|header| header.block.timestamp).collect();
    let insert = "insert into block (block_number, block_hash, parent_hash, block_time)
         select * from unnest($1::int8[], $2::bytea[], $3::bytea[], $4::int8[])";
    run(&mut *connection, insert, args![numbers, hashes, parents, times]).await?;
    let to = batch.to.number;
    let statement = "with gone as (delete from block where block_number < $1 returning block_number, block_hash, block_time),
              forgotten as (delete from past_block where block_number < $2),
              settled as (delete from revision where through_block < $2 and not corrects)
         insert into past_block select block_number, block_hash, block_time from gone where block_number >= $2
         on conflict (block_number) do update set block_hash = excluded.block_hash, block_time = excluded.block_time";
    let last_final = batch.tags.finalized.min(to).max(to.saturating_sub(HEADER_WINDOW));
    run(connection, statement, args![last_final, to.saturating_sub(TOLD_WINDOW)]).await?;
    Ok(())
}

/// Rows from some block on are replaced, which readers up to some block may have seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Revision {
    pub first_invalid: u64,
    pub through: u64,
    /// Whether the rows of a block may change though it stays the same block.
    pub corrects: bool,
}

impl Revision {
    /// Records it, in the transaction that replaces.
    pub async fn record(self, connection: &mut Connection) -> Result<()> {
        let statement = "with next as (update cursor set revision = revision + 1 returning revision)
             insert into revision (revision, first_invalid, through_block, corrects) select revision, $1, $2, $3 from next";
        run(connection, statement, args![self.first_invalid, self.through, self.corrects]).await?;
        Ok(())
    }
}

/// Takes away the headers above `ancestor`, before `branch` is written, and records that what stood there was replaced.
pub(super) async fn leave_branch(connection: &mut Connection, tip: &BlockRef, ancestor: &BlockRef, branch: &Batch) -> Result<()> {
    let delete = "delete from block where block_number > $1 returning block_number, block_hash::bytea";
    let left: Vec<(u64, B256)> = all(&mut *connection, delete, args![ancestor.number]).await?;
    run(&mut *connection, "delete from past_block where block_number > $1", args![ancestor.number]).await?;
    // The same block again was read wrongly before. Below finality nothing but that can happen.
    let comes_back = |header: &Header| left.contains(&(header.block.number, header.block.hash));
    let corrects = ancestor.number < branch.tags.finalized || branch.headers.iter().any(comes_back);
    Revision { first_invalid: ancestor.number + 1, through: tip.number, corrects }.record(connection).await
}
