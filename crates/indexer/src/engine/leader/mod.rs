//! The one that writes: what it knows of the chain and of what is written. What it does about each input lies beside this.

mod answers;
mod backfill;
mod failures;
mod gap;
mod heads;
mod memory;
mod ranges;
mod recheck;
mod search;
mod swap;
mod tail;
mod write;
mod written;

use std::collections::BTreeMap;

use linkpool_primitives::{B256, BlockRef};

use super::{
    HEADER_WINDOW, Header, Heads, Input, Millis, Payload, Snapshot, backfill::Backfill, context::Context, known::Known,
    next::Next, question::Asked, recheck::RecheckMismatches, search::Search, watchdog::Position, writing::Writing,
};

pub(super) use memory::{Learned, Memory};

#[derive(Debug)]
pub(super) struct Leader<P: Payload> {
    pub cursor: BlockRef,
    /// Everything up to here is final, and was compared with what the chain says now that it is.
    pub checked: u64,
    pub window: BTreeMap<u64, Known>,
    /// The block before the contract.
    pub start: (u64, B256),
    pub ledger: P::Ledger,
    pub backfill: Backfill<P>,
    pub tail: Option<Asked>,
    pub recheck: Option<Asked>,
    /// As [`Steady`](super::steady::Steady) has it.
    pub steady_head: u64,
    pub mismatches: RecheckMismatches,
    pub search: Option<Search<P>>,
    pub writing: Option<Writing>,
    pub learned: Learned,
}

impl<P: Payload> Leader<P> {
    pub fn new(snapshot: Snapshot<P::Ledger>, memory: Memory, cx: &Context<P>) -> Self {
        let Snapshot { cursor, finalized, headers, start, ledger, .. } = snapshot;
        Self {
            checked: finalized.min(cursor.number).max(start.0),
            window: headers.iter().map(|kept| (kept.number, memory.known(kept))).collect(),
            start,
            ledger,
            backfill: Backfill::new(cursor.number + 1, memory.length, memory.concurrency, cx.settings.max_bytes),
            tail: None,
            recheck: None,
            steady_head: cx.heads.map_or(u64::MAX, |_| cx.steady.head),
            mismatches: RecheckMismatches::default(),
            search: None,
            writing: None,
            learned: memory.learned,
            cursor,
        }
    }

    pub fn remember(self) -> Memory {
        let Backfill { length, concurrency, .. } = self.backfill;
        Memory { learned: self.learned, length, concurrency, window: self.window }
    }

    pub fn take(&mut self, cx: &mut Context<P>, input: Input<P>) -> Next {
        match input {
            Input::Heads(id, endpoint, heads) => {
                if let Some(heads) = cx.hear(id, &endpoint, heads) {
                    self.heard(cx, heads);
                }
            }
            Input::Fetched(id, fetched) => self.fetched(cx, id, fetched),
            Input::Hashes(id, hashes) => return self.hashes(cx, id, &hashes),
            Input::Ledger(at, ledger) => self.ledger(cx, at, ledger),
            Input::LoadFailed(problem) => {
                cx.load_failed(problem);
                self.search = None;
            }
            Input::Failed(id, fault, problem) => self.failed(cx, id, fault, problem),
            Input::Written(outcome) => return self.written(cx, outcome),
            Input::Tick | Input::Woken | Input::Loaded(_) | Input::LeaseGained | Input::LeaseLost => {}
        }
        Next::Stay
    }

    /// Emits whatever is due.
    pub fn drive(&mut self, cx: &mut Context<P>) {
        if cx.watchdog.paused_until() <= cx.now {
            cx.ask_heads_if_due();
            self.drive_search(cx);
        }
        self.drive_write(cx);
        if cx.watchdog.paused_until() <= cx.now {
            cx.drive_attest();
            self.drive_recheck(cx);
            self.drive_backfill(cx);
            self.drive_tail(cx);
        }
        cx.drive_watchdog(Some(self.position(cx)));
    }

    /// When something is due that no input brings.
    pub fn wake_at(&self, cx: &Context<P>) -> Millis {
        let pause = cx.watchdog.paused_until();
        let poll = cx.poll.due().map_or(Millis::MAX, |due| due.max(pause));
        let later = [pause, self.learned.recheck_pace.next()].into_iter().filter(|at| *at > cx.now);
        later.chain([poll, cx.watchdog.next_state_due(&cx.settings, true)]).min().unwrap_or(Millis::MAX)
    }

    fn position(&self, cx: &Context<P>) -> Position {
        let has_gap = self.learned.gap.retries > 0;
        Position { cursor: self.cursor.number, checked: self.checked, heads: cx.heads, has_gap }
    }

    /// The last block that is read as a range: what is final, or, where nothing ever is, what is deeper than the window.
    pub fn settled(&self, heads: &Heads) -> u64 {
        if heads.finalized > 0 {
            return heads.finalized;
        }
        heads.head.number.min(self.steady_head).saturating_sub(HEADER_WINDOW)
    }

    /// What the database is to call final after a write up to `to`: no block that was not compared since it became so.
    pub fn final_tag(&self, heads: &Heads, to: u64) -> u64 {
        let all_checked = self.checked >= self.cursor.number;
        if to <= heads.finalized && all_checked { heads.finalized } else { self.checked.min(heads.finalized) }
    }

    /// Whether blocks that have become final are still to be compared.
    pub fn must_recheck(&self, heads: &Heads) -> bool {
        self.checked < heads.finalized.min(self.cursor.number)
    }

    /// Our hash at a height, as far as it is known.
    pub fn hash_at(&self, number: u64) -> Option<B256> {
        if number == self.cursor.number {
            return Some(self.cursor.hash);
        }
        let start = (self.start.0 == number).then_some(self.start.1);
        self.window.get(&number).map(|known| known.hash).or(start)
    }

    /// The last block above `number` of these that is written, and each in between: what comes after them is of another branch.
    pub fn last_shared(&self, number: u64, headers: &[Header]) -> u64 {
        let above = headers.iter().filter(|header| header.block.number > number);
        let shared = above.take_while(|header| self.hash_at(header.block.number) == Some(header.block.hash));
        shared.last().map_or(number, |header| header.block.number)
    }

    /// The last block that is written, once the write under way has ended.
    pub fn written_to(&self) -> u64 {
        self.writing.as_ref().map_or(self.cursor.number, |writing| writing.to.number)
    }

    /// Gives up every open question; answers that still come are ignored.
    pub fn give_up_questions(&mut self) {
        self.backfill.restart(self.written_to() + 1);
        (self.tail, self.recheck) = (None, None);
    }

    /// Drops headers that no reorg can reach.
    pub fn prune(&mut self, finalized: u64) {
        let lowest = self.checked.min(finalized).max(self.cursor.number.saturating_sub(HEADER_WINDOW));
        // Keys below split off; the rest stays.
        self.window = self.window.split_off(&lowest.min(self.cursor.number));
    }
}
