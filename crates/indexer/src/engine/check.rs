//! Whether an answer can be true by itself.

use super::message::{Fetched, LogPosition, Payload};

/// What is wrong with it, unless its headers are linked, and its logs lie inside the range, in order, and are of those headers.
pub(super) fn check<P: Payload>(fetched: &Fetched<P>, from: u64, to: u64) -> Result<(), String> {
    let Some(last) = fetched.end() else { return Err("an answer without a header".into()) };
    if last.number != to {
        return Err(format!("asked for blocks up to {to}, it gave {}", last.number));
    }
    for pair in fetched.headers.windows(2) {
        if pair[1].parent_hash != pair[0].block.hash || pair[1].block.number != pair[0].block.number + 1 {
            return Err(format!("block {} is not the child of the block before it", pair[1].block.number));
        }
        if pair[1].block.timestamp < pair[0].block.timestamp {
            return Err(format!("block {} is older than the block before it", pair[1].block.number));
        }
    }
    let header = |number: u64| {
        let index = fetched.headers.binary_search_by_key(&number, |header| header.block.number).ok()?;
        Some(fetched.headers[index].block.hash)
    };
    let mut before: Option<LogPosition> = None;
    for position in fetched.payload.log_positions() {
        let same = before.filter(|before| before.number == position.number);
        if !(from..=to).contains(&position.number) {
            return Err(format!("a log of block {}, which was not asked for", position.number));
        }
        if before.is_some_and(|before| (position.number, position.index) <= (before.number, before.index)) {
            return Err(format!("logs out of order at block {}", position.number));
        }
        // Within a block each log is compared with the one before it, the first with the header.
        if same.map(|same| same.hash).or_else(|| header(position.number)).is_some_and(|hash| hash != position.hash) {
            return Err(format!("two hashes for block {}", position.number));
        }
        before = Some(position);
    }
    Ok(())
}
