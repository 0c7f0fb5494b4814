//! The loop: look at the chain, take one step, wait for the next block.

use std::time::Duration;

use linkpool_chain::{Chain, Heads};
use linkpool_db::{Database, cursor::Cursor, ingest::Batch};
use linkpool_primitives::Address;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{Error, Result, fetch, reorg};

/// Most blocks at the tip written in one transaction.
const TIP: u64 = 200;
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What the indexer needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    pub pool: Address,
    /// Most final blocks asked for at once; halved while the endpoint finds the answer too large.
    pub range: u64,
    /// How often the head is looked at.
    pub poll: Duration,
}

/// What one step did.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Wrote,
    Idle,
}

/// Follows the contract until `shutdown`, or until an error that waiting can't mend; the reason is then in the database too.
pub async fn run(config: Config, chain: Chain, database: Database, shutdown: CancellationToken) -> Result<()> {
    let mut range = config.range;
    let mut pause = config.poll;
    loop {
        let step = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            step = step(&config, &chain, &database, range) => step,
        };
        let wait = match step {
            Ok(Step::Wrote) => {
                (range, pause) = ((range * 2).min(config.range), config.poll);
                Duration::ZERO
            }
            Ok(Step::Idle) => {
                pause = config.poll;
                config.poll
            }
            Err(Error::Chain(linkpool_chain::Error::TooLarge { .. })) if range > 1 => {
                range /= 2;
                Duration::ZERO
            }
            Err(error) if error.is_transient() => {
                warn!(%error, "the indexer waits and tries again");
                pause = (pause * 2).min(LONGEST_PAUSE);
                pause
            }
            Err(error) => {
                let state = if matches!(error, Error::BelowFinality { .. }) { "reorg-below-finality" } else { "stalled" };
                database.set_state(state, Some(&error.to_string())).await?;
                return Err(error);
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn step(config: &Config, chain: &Chain, database: &Database, range: u64) -> Result<Step> {
    let Some(cursor) = database.cursor().await? else { return Ok(Step::Idle) };
    let heads = chain.heads().await?;
    if !on_chain(chain, database, &heads, &cursor).await? {
        let Some(removed) = reorg::replace(chain, database, config.pool, &heads, &cursor, range).await? else {
            return Ok(Step::Idle);
        };
        info!(removed, head = heads.head.number, "a reorg replaced blocks");
        return Ok(Step::Wrote);
    }
    let next = cursor.block.number + 1;
    if next > heads.head.number {
        return idle(database, &heads, &cursor).await;
    }
    let batch = if next <= heads.finalized {
        let to = heads.finalized.min(next + range - 1);
        fetch::final_range(chain, config.pool, &heads, &cursor.block, to).await?
    } else {
        tip(config, chain, &heads, &cursor, range).await?
    };
    // What was fetched does not continue what is written: the branch changed between two answers. The next step sees it.
    let Some(batch) = batch else { return Ok(Step::Idle) };
    database.append(&cursor.block, &batch).await?;
    if !batch.events.is_empty() {
        let lag = heads.head.number.saturating_sub(batch.to.number);
        info!(block = batch.to.number, events = batch.events.len(), lag, "indexed");
    }
    Ok(Step::Wrote)
}

/// The blocks after the cursor, as far as the head.
async fn tip(config: &Config, chain: &Chain, heads: &Heads, cursor: &Cursor, range: u64) -> Result<Option<Batch>> {
    let next = cursor.block.number + 1;
    let headers = chain.headers(next, heads.head.number.min(next + TIP.min(range) - 1)).await?;
    match (headers.first(), headers.last()) {
        (Some(first), Some(last)) if first.parent_hash == cursor.block.hash => {
            fetch::blocks(chain, config.pool, heads, &headers, last.block).await.map(Some)
        }
        _ => Ok(None),
    }
}

async fn idle(database: &Database, heads: &Heads, cursor: &Cursor) -> Result<Step> {
    database.set_tags(fetch::tags(heads)).await?;
    if cursor.state != "ok" {
        database.set_state("ok", None).await?;
    }
    Ok(Step::Idle)
}

/// Whether the last block we wrote is still on the chain. A lower head alone proves nothing (the endpoint may lag):
/// only a different hash at a height we know does.
async fn on_chain(chain: &Chain, database: &Database, heads: &Heads, cursor: &Cursor) -> Result<bool> {
    if heads.head.number == cursor.block.number {
        return Ok(heads.head.hash == cursor.block.hash);
    }
    if heads.head.number > cursor.block.number {
        // An endpoint that has a higher block and not this one lags behind itself: no answer, and no proof of anything.
        let header = chain.headers(cursor.block.number, cursor.block.number).await?;
        return Ok(header.iter().all(|header| header.block.hash == cursor.block.hash));
    }
    let known = database.headers().await?.into_iter().find(|(number, _)| *number == heads.head.number);
    Ok(known.is_none_or(|(_, hash)| hash == heads.head.hash))
}
