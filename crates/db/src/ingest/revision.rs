//! What a reader that comes back is answered from: the hashes of the blocks that it may have seen, and the revisions, which say from
//! which block on rows were replaced since.

use linkpool_primitives::{B256, BlockRef};

use super::batch::{Batch, HEADER_WINDOW, Header};
use crate::{
    Error, Result,
    compound::Compound,
    parameter::Bind,
    pool::Connection,
    statement::{all, args, run},
};

/// How many block numbers below the newest one keep their hash after a reorg can't reach them any more: two weeks of
/// Ethereum, and 10 MB. Within it a reader that was away can resume; one that was away for longer is told to start over.
pub const RESUME_WINDOW: u64 = 100_000;

/// Keeps the headers that a reorg can still remove, and the one below them, which any reorg has for an ancestor: the finalized one,
/// or, where less is final, the one [`HEADER_WINDOW`] below the newest. Those below become past blocks, and those below
/// [`RESUME_WINDOW`] are deleted.
///
/// The revisions of reorgs go with the past blocks: without the block's hash a reader is told to start over all the same. A
/// correction stays for ever, because its blocks still are what they were, and nothing else says that their rows were wrong.
pub(super) async fn keep_headers(connection: &mut Connection, batch: &Batch) -> Result<()> {
    let mut compound = Compound::default();
    add_headers(&mut compound, batch)?;
    compound.run(connection, "select true").await.map(|_: bool| ())
}

/// The same, beside other parts.
pub(super) fn add_headers(compound: &mut Compound, batch: &Batch) -> Result<()> {
    let insert = "insert into block (block_number, block_hash, parent_hash, block_time)
         select * from unnest($1::int8[], $2::bytea[], $3::bytea[], $4::int8[])";
    compound.part("kept", insert, 4, |to| {
        batch.headers.iter().map(|header| header.block.number).collect::<Vec<u64>>().bind(to)?;
        batch.headers.iter().map(|header| header.block.hash).collect::<Vec<B256>>().bind(to)?;
        batch.headers.iter().map(|header| header.parent_hash).collect::<Vec<B256>>().bind(to)?;
        batch.headers.iter().map(|header| header.block.timestamp).collect::<Vec<u64>>().bind(to)
    })?;
    let to = batch.to.number;
    // None of those that come goes at once: the first that is kept is not above the first of a batch.
    let first_kept = batch.tags.finalized.min(to).max(to.saturating_sub(HEADER_WINDOW));
    let first_past = to.saturating_sub(RESUME_WINDOW);
    let delete = "delete from block where block_number < $1 returning block_number, block_hash, block_time";
    compound.part("gone", delete, 1, |to| first_kept.bind(to))?;
    let insert = "insert into past_block select block_number, block_hash, block_time from gone where block_number >= $1
         on conflict (block_number) do update set block_hash = excluded.block_hash, block_time = excluded.block_time";
    compound.part("past", insert, 1, |to| first_past.bind(to))?;
    compound.part("forgotten", "delete from past_block where block_number < $1", 1, |to| first_past.bind(to))?;
    let delete = "delete from revision where through_block < $1 and not is_correction";
    compound.part("settled", delete, 1, |to| first_past.bind(to))
}

/// From `first_invalid` on rows were replaced. A reader that has seen any block in `first_invalid..=through` drops what it has from
/// `first_invalid` on and fetches it again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Revision {
    pub first_invalid: u64,
    /// Where the cursor stood: nobody has seen a block above it.
    pub through: u64,
    /// Whether the rows of a block may have changed though it is the same block. Then a reader whose block still is part of the chain
    /// is told, too.
    pub is_correction: bool,
}

impl Revision {
    /// Records it, in the transaction that replaces.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where there is no cursor to number it by.
    pub async fn record(self, connection: &mut Connection) -> Result<()> {
        let statement = "with next as (update cursor set revision = revision + 1 returning revision)
             insert into revision (revision, first_invalid, through_block, is_correction) select revision, $1, $2, $3 from next";
        match run(connection, statement, args![self.first_invalid, self.through, self.is_correction]).await? {
            0 => Err(Error::Corrupt("rows are replaced and there is no cursor".to_owned())),
            _ => Ok(()),
        }
    }
}

/// Removes the headers above `ancestor`, before those of `replacement` are written, and records that what stood there was replaced.
///
/// It is a correction where a block comes again, because its rows were read wrongly the first time. Below finality it counts as one,
/// too: a batch has no headers there, so nobody can tell, and a reader that fetches once too often loses nothing.
pub(super) async fn replace_headers(
    connection: &mut Connection,
    tip: &BlockRef,
    ancestor: &BlockRef,
    replacement: &Batch,
) -> Result<()> {
    let delete = "with header as (delete from block where block_number > $1 returning block_number, block_hash),
              past as (delete from past_block where block_number > $1 returning block_number, block_hash)
         select block_number, block_hash::bytea from header union all select block_number, block_hash::bytea from past";
    let removed: Vec<(u64, B256)> = all(&mut *connection, delete, args![ancestor.number]).await?;
    let was_removed = |header: &Header| removed.contains(&(header.block.number, header.block.hash));
    let is_correction = ancestor.number < replacement.tags.finalized || replacement.headers.iter().any(was_removed);
    Revision { first_invalid: ancestor.number + 1, through: tip.number, is_correction }.record(connection).await
}
