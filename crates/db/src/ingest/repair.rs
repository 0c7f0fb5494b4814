//! Writing again what was found to be wrong, and going back to write it anew.
//!
//! Both are fenced by the cursor like every write, so a running indexer and a repair come one after the other: a repair
//! leaves the cursor where it stands, and after a rewind the indexer finds it moved and goes on from there.

use linkpool_primitives::{Address, B256, BlockRef};

use super::{
    Batch, Fence, Stands, affected_keys::AffectedKeys, copy_events, cursor, deferred, replay, restore, revision::Revision, write,
};
use crate::{
    Database, Error, Result,
    contract_event::{self, ContractEvent},
    event::EventRow,
    followed, history,
    notice::Notice,
    pool::{Connection, LONG_WRITE_TIMEOUT},
    statement::{all, args, maybe, one, run},
};

/// What is to be written again.
#[derive(Debug, Clone, Default)]
pub struct Repair {
    /// Blocks and all events that they really hold.
    pub blocks: Vec<(u64, Vec<EventRow>)>,
    /// Blocks and all events of followed contracts that they really hold.
    pub contract_blocks: Vec<(u64, Vec<ContractEvent>)>,
    /// Entities whose rows do not follow from the events: node, and staker, and ticket.
    pub keys: Vec<(Address, Option<Address>, Option<i64>)>,
    /// Nodes of which every position and ticket is to be rebuilt.
    pub whole_nodes: Vec<Address>,
    pub accounts: Vec<Address>,
    pub penalty_slots: Vec<i16>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repaired {
    pub events_removed: u64,
    pub events_written: u64,
    /// Rows of the state that were rebuilt from the events.
    pub rows: u64,
}

impl Database {
    /// Replaces the events of the given blocks, makes every row of the state that they touch anew, and the history.
    ///
    /// # Errors
    /// [`Error::CursorMoved`] if the cursor is neither at `expected` nor on a block after it; nothing is written then.
    pub async fn repair(&self, expected: &BlockRef, repair: &Repair) -> Result<Repaired> {
        let mut transaction = self.pool.begin().await?;
        transaction.allow(LONG_WRITE_TIMEOUT).await?;
        let to = hold(&mut transaction, expected).await?;
        deferred::build(&mut transaction).await?;
        let mut affected = affected(&mut transaction, repair).await?;
        affected.pool = true;
        let mut done = Repaired::default();
        for (block, rows) in &repair.blocks {
            let removed = run(&mut *transaction, "delete from event where block_number = $1", args![*block as i64]).await?;
            done.events_removed += removed;
            done.events_written += rows.len() as u64;
            copy_events(&mut transaction, &rows.clone().into(), |_| {}).await?;
            // What this version can read is no dead letter any more.
            let delete = "delete from dead_letter d using event e
                  where d.block_number = $1 and (e.block_number, e.log_index) = (d.block_number, d.log_index)";
            run(&mut *transaction, delete, args![*block as i64]).await?;
        }
        for (block, rows) in &repair.contract_blocks {
            done.events_removed += run(&mut *transaction, WHAT_IS_ASKED_FOR, args![block]).await?;
            done.events_written += contract_event::insert(&mut transaction, rows).await?;
            let delete = "delete from dead_letter d using contract_event e
                  where d.block_number = $1 and (e.block_number, e.log_index) = (d.block_number, d.log_index)";
            run(&mut *transaction, delete, args![block]).await?;
        }
        // An owner's event may be among what was missing, or among what never was.
        let blocks: Vec<u64> = repair.blocks.iter().map(|(block, _)| *block).collect();
        followed::reconcile(&mut transaction, &blocks).await?;
        restore::restore(&mut transaction, &affected).await?;
        done.rows = (affected.nodes.len() + affected.positions.0.len() + affected.tickets.0.len()) as u64;
        history::rebuild(&mut transaction).await?;
        let blocks = repair.blocks.iter().map(|(block, _)| *block);
        let first_invalid = blocks.chain(repair.contract_blocks.iter().map(|(block, _)| *block)).min().unwrap_or(to);
        Revision { first_invalid, through: to, is_correction: true }.record(&mut transaction).await?;
        Notice::Reorg { first_invalid, to }.send(&mut transaction).await?;
        transaction.commit().await?;
        Ok(done)
    }

    /// Goes back to `ancestor`, the only header of `batch`: everything above it is removed and left to be indexed again.
    pub async fn rewind(&self, fence: impl Into<Fence<'_>>, batch: &Batch) -> Result<()> {
        let ancestor = batch.to.number;
        let mut transaction = self.pool.begin().await?;
        transaction.allow(LONG_WRITE_TIMEOUT).await?;
        let fence = fence.into();
        fence.pass(&mut transaction, batch).await?;
        deferred::build(&mut transaction).await?;
        let affected = AffectedKeys::above(&mut transaction, ancestor).await?;
        for statement in [
            "delete from event where block_number > $1",
            "delete from dead_letter where block_number > $1",
            // The ancestor's own header comes with the batch.
            "delete from block where block_number >= $1",
            "delete from past_block where block_number >= $1",
            "delete from verification where block_number > $1",
        ] {
            run(&mut *transaction, statement, args![ancestor]).await?;
        }
        restore::restore(&mut transaction, &affected).await?;
        history::restore(&mut transaction, ancestor, &affected.nodes, &affected.positions.1).await?;
        followed::take_back(&mut transaction, ancestor).await?;
        write(&mut transaction, batch).await?;
        let through = fence.expected.number;
        Revision { first_invalid: ancestor + 1, through, is_correction: true }.record(&mut transaction).await?;
        Notice::Reorg { first_invalid: ancestor + 1, to: ancestor }.send(&mut transaction).await?;
        Ok(transaction.commit().await?)
    }

    /// The newest block at or below `block` that holds an event, with its hash.
    pub async fn event_block_before(&self, block: u64) -> Result<Option<(u64, B256)>> {
        let select =
            "select block_number, block_hash::bytea from event where block_number <= $1 order by block_number desc limit 1";
        maybe(&self.pool, select, args![block]).await
    }
}

/// What a fill has read, or is to read, is not among what a repair fetches.
const WHAT_IS_ASKED_FOR: &str = "delete from contract_event e where e.block_number = $1
    and not exists (select from followed_contract f where f.contract = e.contract and e.block_number <= f.fill_end)";

/// Locks the cursor, brings the state up to the events, and returns the block it then stands on, if readers were at `expected` or at a
/// block that follows it.
async fn hold(connection: &mut Connection, expected: &BlockRef) -> Result<u64> {
    let moved = Error::CursorMoved { expected: expected.number };
    let Some(stands) = cursor::hold(connection).await? else { return Err(moved) };
    let Stands { projected, copied, .. } = stands;
    // A statement of its own, so that it sees what whoever held the cursor before has committed.
    let select = "select exists (select from block where block_number = $1 and block_hash = $2)";
    let follows: bool = one(&mut *connection, select, args![expected.number, expected.hash]).await?;
    let is_there = (projected.number, projected.hash) == (expected.number, expected.hash);
    if !(is_there || (copied.number > expected.number && follows)) {
        return Err(moved);
    }
    replay::catch_up(connection).await?;
    Ok(copied.number)
}

async fn affected(connection: &mut Connection, repair: &Repair) -> Result<AffectedKeys> {
    let mut affected = AffectedKeys::default();
    for (block, rows) in &repair.blocks {
        affected.add_between(connection, block.saturating_sub(1), *block).await?;
        rows.iter().for_each(|row| affected.add_row(row));
    }
    for (node, staker, ticket) in &repair.keys {
        affected.add(Some(node.to_vec()), staker.map(|staker| staker.to_vec()), *ticket);
    }
    affected.accounts.extend(repair.accounts.iter().map(|account| account.to_vec()));
    affected.penalty_slots.extend(&repair.penalty_slots);
    for node in &repair.whole_nodes {
        // Rows that no event made are to go, and rows that are missing are to come.
        let select = "select staker::bytea, ticket from event where node = $1 and staker is not null
             union select staker::bytea, null from position where node = $1
             union select staker::bytea, ticket from ticket where node = $1";
        let keys: Vec<(Vec<u8>, Option<i64>)> = all(&mut *connection, select, args![node]).await?;
        for (staker, ticket) in keys {
            affected.add(Some(node.to_vec()), Some(staker), ticket);
        }
    }
    Ok(affected)
}
