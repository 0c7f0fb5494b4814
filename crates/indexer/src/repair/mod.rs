//! Mending what a comparison found: the blocks are fetched again and replaced, or everything above a block is.

mod rewind;

pub use rewind::{Rewound, rewind};

use std::collections::HashMap;

use linkpool_chain::Chain;
use linkpool_db::{
    Database,
    ingest::{Repair, Repaired},
};
use linkpool_primitives::{Address, B256};
use tracing::info;

use crate::{Error, Result, Subject, Verification, driver::watched::Watched};

/// Blocks mended one by one; when there are more, indexing again from the first is faster.
const MAX_BLOCKS: usize = 1_000;
/// How often a repair begins again because the indexer moved the cursor meanwhile.
const ATTEMPTS: u32 = 20;

/// Writes the bad blocks of `found` again as the chain has them, and makes the rows anew that differ.
///
/// Safe beside a running indexer: the transaction holds the cursor, and begins only if that still stands on the block at which
/// the others were fetched, or on one after it.
///
/// # Errors
/// [`Error::TooManyBadBlocks`] where [`rewind`] is the better way, [`Error::NothingRepaired`] where the endpoint has
/// no logs of blocks that lack some.
pub async fn repair(chain: &Chain, database: &Database, pool: Address, found: &Verification) -> Result<Repaired> {
    if found.bad_blocks.len() > MAX_BLOCKS {
        let first = found.first_bad_block().unwrap_or_default();
        return Err(Error::TooManyBadBlocks { count: found.bad_blocks.len(), first });
    }
    let mut attempt = 1;
    loop {
        match once(chain, database, pool, found).await {
            Err(Error::Database(linkpool_db::Error::CursorMoved { .. })) if attempt < ATTEMPTS => attempt += 1,
            outcome => return outcome,
        }
    }
}

async fn once(chain: &Chain, database: &Database, pool: Address, found: &Verification) -> Result<Repaired> {
    let lagging = |block: u64| linkpool_chain::Error::Lagging { endpoint: chain.name().to_owned(), block: block.to_string() };
    let Some(cursor) = database.cursor().await? else { return Ok(Repaired::default()) };
    // What is fetched must belong to the branch that the cursor stands on.
    let head = chain.header(cursor.block.number).await?.ok_or_else(|| lagging(cursor.block.number))?;
    if head.block.hash != cursor.block.hash {
        return Err(lagging(cursor.block.number).into());
    }
    // Whoever gave the wrong logs shall not be the one who gives them again, where there is another.
    chain.deprioritize(&found.endpoint);
    let mut repair = plan(found);
    let watched = Watched::new(pool, &database.followed().await?);
    let kept: HashMap<u64, B256> = database.headers().await?.into_iter().collect();
    for block in found.bad_blocks.iter().filter(|block| **block <= cursor.block.number) {
        let header = chain.header(*block).await?.ok_or_else(|| lagging(*block))?;
        if kept.get(block).is_some_and(|hash| *hash != header.block.hash) {
            // Another branch's rows have no place under this cursor.
            return Err(lagging(*block).into());
        }
        let logs = chain.logs_of(&watched.addresses, std::slice::from_ref(&header)).await?;
        // A log that does not decode stays among the dead letters.
        let rows = watched.read(logs, &HashMap::from([(*block, header.block.timestamp)]));
        repair.blocks.push((*block, rows.events.iter().collect()));
        repair.contract_blocks.push((*block, rows.contract_events));
    }
    let done = database.repair(&cursor.block, &repair).await?;
    if found.events_differ && (done.events_removed, done.events_written) == (0, 0) {
        let blocks = repair.blocks.iter().map(|(block, _)| block.to_string()).collect::<Vec<_>>().join(", ");
        return Err(Error::NothingRepaired { endpoint: chain.name().to_owned(), blocks });
    }
    if done.events_removed != done.events_written && !found.events_differ {
        // Its logs agreed with the wrong rows, and the contract's state did not.
        chain.report_faulty(&found.endpoint, "its logs contradict the contract's state, and another endpoint's logs do not");
    }
    info!(blocks = repair.blocks.len(), removed = done.events_removed, written = done.events_written, "repaired");
    Ok(done)
}

/// The rows of the state that are to be rebuilt, blocks aside.
fn plan(found: &Verification) -> Repair {
    let mut repair = Repair::default();
    for difference in &found.differences {
        match difference.subject {
            Subject::Node(node) => repair.keys.push((node, None, None)),
            Subject::Position(node, staker) => repair.keys.push((node, Some(staker), None)),
            Subject::Ticket(node, staker, ticket) => repair.keys.push((node, Some(staker), Some(ticket))),
            Subject::Role(account) => repair.accounts.push(account),
            Subject::Slot(slot) => repair.penalty_slots.push(slot),
            Subject::Shares(node) if !repair.whole_nodes.contains(&node) => repair.whole_nodes.push(node),
            // The pool and the history are rebuilt in any case, and events come with their blocks.
            Subject::Shares(_) | Subject::Pool | Subject::Stakers(_) | Subject::Event(..) => {}
            // What is announced, and what requests have paid, is made of its events when it is read.
            Subject::Operation(..) | Subject::Delay(_) | Subject::Operator(_) => {}
        }
    }
    repair
}
