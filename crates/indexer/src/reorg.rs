//! A block we wrote is no longer on the chain: find where the branches part, fetch the whole new one, swap.

use linkpool_chain::{Chain, Heads};
use linkpool_db::{Database, cursor::Cursor};
use linkpool_primitives::{Address, BlockRef};

use crate::{Error, Result, fetch};

/// Most blocks of the new branch written with the swap; the tail follows with the rest.
const BRANCH: u64 = 1_000;

/// The newest block of ours that is still on the chain.
async fn ancestor(chain: &Chain, database: &Database, cursor: &Cursor) -> Result<BlockRef> {
    for (number, hash) in database.headers().await? {
        if let Some(header) = chain.header(number).await?
            && header.block.hash == hash
        {
            return Ok(header.block);
        }
    }
    Err(Error::BelowFinality { block: cursor.block.number, finalized: cursor.tags.finalized })
}

/// Replaces the removed branch and returns how many blocks it had.
pub(crate) async fn replace(chain: &Chain, database: &Database, pool: Address, heads: &Heads, cursor: &Cursor) -> Result<u64> {
    let ancestor = ancestor(chain, database, cursor).await?;
    let to = heads.head.number.min(ancestor.number + BRANCH);
    let headers = if to > ancestor.number { chain.headers(ancestor.number + 1, to).await? } else { Vec::new() };
    if headers.first().is_some_and(|first| first.parent_hash != ancestor.hash) {
        // It moved again between the two answers; the next step looks anew.
        return Ok(0);
    }
    let last = headers.last().map_or(ancestor, |header| header.block);
    let branch = fetch::blocks(chain, pool, heads, &headers, last).await?;
    database.replace(&cursor.block, &ancestor, &branch).await?;
    Ok(cursor.block.number.saturating_sub(ancestor.number))
}
