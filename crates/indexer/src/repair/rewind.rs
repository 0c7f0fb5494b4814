//! Back to a block that the chain still has, so that everything above it is indexed again.

use linkpool_chain::Chain;
use linkpool_db::{
    Database,
    cursor::Tags,
    events::Events,
    ingest::{Batch, Header, OfFollowed},
};
use linkpool_primitives::{Address, BlockRef};

use crate::{Result, follow};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewound {
    /// The last block that was kept; the indexer goes on behind it.
    pub ancestor: BlockRef,
    /// Where the cursor stood before.
    pub from: BlockRef,
}

/// Removes everything from block `from` on, and more if the chain no longer has the blocks below it: the way out of a reorg
/// below finality too. `None` before anything is followed.
///
/// # Errors
/// [`linkpool_db::Error::CursorMoved`] if the indexer wrote meanwhile: the call may be repeated.
pub async fn rewind(chain: &Chain, database: &Database, pool: Address, from: u64) -> Result<Option<Rewound>> {
    // What was copied ahead of the state is above it, and goes as well.
    database.catch_up().await?;
    let (Some(deployment), Some(cursor)) = (database.deployment().await?, database.cursor().await?) else { return Ok(None) };
    let start = deployment.start.number;
    let kept = newest_common(chain, database, start, from.saturating_sub(1).min(cursor.block.number)).await?;
    if kept <= start {
        follow::restart(chain, database, pool, start + 1).await?;
        let ancestor = database.cursor().await?.map_or(cursor.block, |cursor| cursor.block);
        return Ok(Some(Rewound { ancestor, from: cursor.block }));
    }
    let lagging = || linkpool_chain::Error::Lagging { endpoint: chain.name().to_owned(), block: kept.to_string() };
    let header = chain.header(kept).await?.ok_or_else(lagging)?;
    let finalized = cursor.tags.finalized.min(kept);
    let batch = Batch {
        to: header.block,
        tags: Tags { head: cursor.tags.head.max(kept), safe: cursor.tags.safe.min(kept), finalized },
        caught_up: false,
        headers: vec![Header { block: header.block, parent_hash: header.parent_hash }],
        events: Events::default(),
        dead_letters: Vec::new(),
        followed: OfFollowed::default(),
    };
    database.rewind(&cursor.block, &batch).await?;
    Ok(Some(Rewound { ancestor: header.block, from: cursor.block }))
}

/// The newest block at or below `most` up to which every indexed event lies in a block that the chain has. Blocks without
/// events hold nothing that could be wrong, so only those with events are compared, by halves.
async fn newest_common(chain: &Chain, database: &Database, start: u64, most: u64) -> Result<u64> {
    let Some(mut wrong) = mismatch(chain, database, start, most).await? else { return Ok(most) };
    let mut right = start;
    loop {
        let middle = right + (wrong - right) / 2;
        match mismatch(chain, database, right, middle).await? {
            Some(block) => wrong = block,
            None => right = middle,
        }
        if wrong - right <= 1 {
            return Ok(right);
        }
    }
}

/// The newest block with events in `(after, through]`, if the chain has another block at its height.
async fn mismatch(chain: &Chain, database: &Database, after: u64, through: u64) -> Result<Option<u64>> {
    let Some((block, hash)) = database.event_block_before(through).await?.filter(|(block, _)| *block > after) else {
        return Ok(None);
    };
    let header = chain.header(block).await?;
    Ok(header.is_none_or(|header| header.block.hash != hash).then_some(block))
}
