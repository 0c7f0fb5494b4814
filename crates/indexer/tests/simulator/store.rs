//! A database with the rules of the real one: a write passes the lease's epoch and the cursor's compare-and-set or does
//! nothing, and it is done whole.

use std::collections::{BTreeMap, BTreeSet};

use linkpool_indexer::engine::{HEADER_WINDOW, Kept, Outcome, Snapshot, Write};
use linkpool_primitives::{B256, BlockRef, IndexerState};

use super::world::{KEYS, Ledger, Log, Logs, START};

pub struct Store {
    pub cursor: BlockRef,
    pub finalized: u64,
    start: B256,
    headers: BTreeMap<u64, B256>,
    pub events: BTreeMap<(u64, u32), Log>,
    pub state: IndexerState,
    /// Holder, epoch, and when it ends.
    lease: (usize, u64, u64),
    /// Blocks written short: who gave them.
    pub short: BTreeMap<(u64, B256), usize>,
    /// Blocks that were written short and dropped before anybody could know.
    pub cut: BTreeSet<(u64, B256)>,
}

impl Store {
    pub fn new(start: BlockRef) -> Self {
        Self {
            cursor: start,
            finalized: 0,
            start: start.hash,
            headers: BTreeMap::new(),
            events: BTreeMap::new(),
            state: IndexerState::Backfilling,
            lease: (usize::MAX, 0, 0),
            short: BTreeMap::new(),
            cut: BTreeSet::new(),
        }
    }

    /// The epoch under which `holder` may write until `now + term`, if it may.
    pub fn take_lease(&mut self, holder: usize, now: u64, term: u64) -> Option<u64> {
        let (held_by, epoch, ends) = self.lease;
        if held_by != holder && ends > now {
            return None;
        }
        self.lease = (holder, if held_by == holder { epoch } else { epoch + 1 }, now + term);
        Some(self.lease.1)
    }

    pub fn snapshot(&self) -> Snapshot<Ledger> {
        let logs = |number: u64| self.events.range((number, 0)..=(number, u32::MAX)).count() as u32;
        Snapshot {
            cursor: self.cursor,
            finalized: self.finalized,
            state: self.state,
            headers: self
                .headers
                .iter()
                .map(|(number, hash)| Kept { number: *number, hash: *hash, logs: logs(*number) })
                .collect(),
            start: (START, self.start),
            ledger: self.ledger(u64::MAX),
        }
    }

    pub fn ledger(&self, at: u64) -> Ledger {
        let mut ledger = [(0, START); KEYS];
        for log in self.events.values().filter(|log| log.position.number <= at) {
            ledger[log.key] = (log.after, log.position.number);
        }
        ledger
    }

    pub fn write(&mut self, holder: usize, epoch: u64, write: &Write<Logs>) -> Outcome {
        if (self.lease.0, self.lease.1) != (holder, epoch) {
            return Outcome::Fenced;
        }
        if (self.cursor.number, self.cursor.hash) != (write.expected.number, write.expected.hash) {
            return Outcome::CursorMoved;
        }
        if let Some(ancestor) = write.ancestor {
            self.events.split_off(&(ancestor.number + 1, 0));
            self.headers.split_off(&(ancestor.number + 1));
            self.headers.entry(ancestor.number).or_insert(ancestor.hash);
            // Beyond the end of the swap nothing is compared: those blocks are read again from the start.
            let cut = self.short.keys().filter(|(number, _)| *number > write.to.number).copied();
            self.cut.extend(cut);
            self.short.retain(|(number, _), _| *number <= ancestor.number);
        }
        for payload in &write.payloads {
            for log in &payload.logs {
                let position = (log.position.number, log.position.index);
                assert!(self.events.insert(position, *log).is_none(), "{position:?} was written twice");
            }
            self.short.extend(payload.short.iter().map(|block| (*block, payload.source)));
        }
        for header in &write.headers {
            let number = header.block.number;
            assert!(
                self.headers.insert(number, header.block.hash).is_none_or(|old| old == header.block.hash),
                "header {number} twice"
            );
        }
        self.cursor = write.to;
        self.finalized = write.heads.finalized;
        self.state = if write.caught_up { IndexerState::Ok } else { IndexerState::Backfilling };
        let lowest = self.finalized.min(write.to.number).max(write.to.number.saturating_sub(HEADER_WINDOW));
        self.headers = self.headers.split_off(&lowest);
        Outcome::Written
    }
}
