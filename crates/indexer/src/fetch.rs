//! From the chain to a batch: a final range, or checked blocks at the tip.

use std::collections::HashMap;

use alloy::rpc::types::Log;
use linkpool_chain::{Chain, Checked, Heads};
use linkpool_db::{
    cursor::Tags,
    ingest::{Batch, Header},
};
use linkpool_primitives::{Address, BlockRef};

use crate::{Result, apply};

pub(crate) fn tags(heads: &Heads) -> Tags {
    Tags { head: heads.head.number, safe: heads.safe, finalized: heads.finalized }
}

/// Final blocks `from..=to`, which must continue `cursor`: nothing in them can change, so only the ends are looked at.
/// `None` if they do not: a reorg, or another backend.
pub(crate) async fn final_range(
    chain: &Chain,
    pool: Address,
    heads: &Heads,
    cursor: &BlockRef,
    to: u64,
) -> Result<Option<Batch>> {
    let range = chain.final_logs(pool, cursor.number + 1, to).await?;
    if range.first.parent_hash != cursor.hash {
        return Ok(None);
    }
    let times = block_times(chain, &range.logs).await?;
    let events = rows(&range.logs, &times)?;
    let last = range.last.block;
    Ok(Some(Batch {
        to: last,
        tags: tags(heads),
        caught_up: to == heads.head.number,
        headers: vec![header(&range.last)],
        events,
        dead_letters: Vec::new(),
    }))
}

/// Blocks whose links were checked, the last of which may be the head.
pub(crate) async fn blocks(chain: &Chain, pool: Address, heads: &Heads, headers: &[Checked], to: BlockRef) -> Result<Batch> {
    let logs = chain.logs_of(pool, headers).await?;
    let times = headers.iter().map(|header| (header.block.number, header.block.timestamp)).collect();
    let kept = headers.iter().filter(|header| header.block.number >= heads.finalized.min(to.number));
    Ok(Batch {
        to,
        tags: tags(heads),
        caught_up: to.number >= heads.head.number,
        headers: kept.map(header).collect(),
        events: rows(&logs, &times)?,
        dead_letters: Vec::new(),
    })
}

fn header(checked: &Checked) -> Header {
    Header { block: checked.block, parent_hash: checked.parent_hash }
}

fn rows(logs: &[Log], times: &HashMap<u64, u64>) -> Result<Vec<linkpool_db::event::EventRow>> {
    let time = |log: &Log| log.block_number.and_then(|number| times.get(&number).copied()).unwrap_or_default();
    logs.iter().map(|log| apply::row(log, time(log))).collect()
}

/// Most nodes put the time beside the log; the headers of the others are asked for.
async fn block_times(chain: &Chain, logs: &[Log]) -> Result<HashMap<u64, u64>> {
    let mut times = HashMap::new();
    for log in logs {
        let Some(number) = log.block_number else { continue };
        if times.contains_key(&number) {
            continue;
        }
        let time = match log.block_timestamp {
            Some(time) => time,
            None => chain.headers(number, number).await?.first().map_or(0, |header| header.block.timestamp),
        };
        times.insert(number, time);
    }
    Ok(times)
}
