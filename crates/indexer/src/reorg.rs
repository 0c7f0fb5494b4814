//! A block we wrote is no longer on the chain: find where the branches part, fetch the whole new one, swap.

use linkpool_chain::{Chain, Heads};
use linkpool_db::{Database, cursor::Cursor};
use linkpool_primitives::{Address, BlockRef};

use crate::{Error, Result, fetch};

/// Most blocks of the new branch written with the swap; the tail follows with the rest.
const BRANCH: u64 = 1_000;

/// The newest block of ours that is still on the chain.
///
/// # Errors
/// [`Error::BelowFinality`] if every block that we know has another hash there. A block that the endpoint does not have proves
/// nothing: it may be catching up.
async fn ancestor(chain: &Chain, database: &Database, cursor: &Cursor) -> Result<BlockRef> {
    // Before anything is final, the branches may part as far down as where the contract begins.
    let start = database.deployment().await?.map(|deployment| (deployment.start.number, deployment.start.hash));
    let start = start.filter(|(number, _)| *number >= cursor.tags.finalized);
    let mut missing = None;
    for (number, hash) in database.headers().await?.into_iter().chain(start) {
        match chain.header(number).await? {
            Some(header) if header.block.hash == hash => return Ok(header.block),
            Some(_) => {}
            // Above the new head nothing is expected.
            None => missing = Some(number),
        }
    }
    match missing {
        Some(number) if number <= cursor.tags.finalized => {
            Err(linkpool_chain::Error::Lagging { endpoint: chain.name().to_owned(), block: number.to_string() }.into())
        }
        _ => Err(Error::BelowFinality { block: cursor.block.number, finalized: cursor.tags.finalized }),
    }
}

/// Replaces the removed branch and returns how many blocks it had; `None` if the chain moved again meanwhile.
pub(crate) async fn replace(
    chain: &Chain,
    database: &Database,
    pool: Address,
    heads: &Heads,
    cursor: &Cursor,
    range: u64,
) -> Result<Option<u64>> {
    let ancestor = ancestor(chain, database, cursor).await?;
    let to = heads.head.number.min(ancestor.number + BRANCH.min(range));
    let headers = if to > ancestor.number { chain.headers(ancestor.number + 1, to).await? } else { Vec::new() };
    if headers.first().is_some_and(|first| first.parent_hash != ancestor.hash) {
        return Ok(None);
    }
    let last = headers.last().map_or(ancestor, |header| header.block);
    let branch = fetch::blocks(chain, pool, heads, &headers, last).await?;
    database.replace(&cursor.block, &ancestor, &branch).await?;
    Ok(Some(cursor.block.number.saturating_sub(ancestor.number)))
}
