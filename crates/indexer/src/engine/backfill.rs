//! Ranges in flight and their answers, put back in order: a queue bounded in bytes in front of the one writer, however slow it is and
//! however large the answers are.

use std::collections::BTreeMap;

use super::{
    message::{AskId, Fetched, Millis},
    range::{ConcurrencyLimit, RangeLength},
};

/// A question that is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub from: u64,
    pub to: u64,
    pub asked_at: Millis,
}

/// An answer that waits for its turn.
#[derive(Debug)]
pub(super) struct Ready<P> {
    pub to: u64,
    pub logs: usize,
    pub bytes: usize,
    pub fetched: Fetched<P>,
}

#[derive(Debug)]
pub(super) struct Backfill<P> {
    pub length: RangeLength,
    pub concurrency: ConcurrencyLimit,
    /// The first block that nobody was asked for yet.
    frontier: u64,
    /// Ranges below the frontier to be asked for (again), by first block.
    again: BTreeMap<u64, u64>,
    open: BTreeMap<AskId, Piece>,
    ready: BTreeMap<u64, Ready<P>>,
    ready_bytes: usize,
    /// What waits holds no more than this, unless it is one answer alone.
    max_bytes: usize,
    /// Blocks that are too large as a range of one. By its hash an endpoint gives a block whole, whatever its limit on ranges.
    /// With how often each was refused.
    pub by_hash: BTreeMap<u64, usize>,
    /// A running mean, to guess what is still to come.
    piece_bytes: usize,
}

impl<P> Backfill<P> {
    pub fn new(next: u64, length: RangeLength, concurrency: ConcurrencyLimit, max_bytes: usize) -> Self {
        Self {
            length,
            concurrency,
            frontier: next,
            again: BTreeMap::new(),
            open: BTreeMap::new(),
            ready: BTreeMap::new(),
            ready_bytes: 0,
            max_bytes,
            piece_bytes: 0,
            by_hash: BTreeMap::new(),
        }
    }

    /// Forgets every answer and question; what was learnt about lengths and lanes stays.
    pub fn restart(&mut self, next: u64) {
        self.frontier = next;
        self.again.clear();
        self.open.clear();
        self.ready.clear();
        self.ready_bytes = 0;
    }

    /// The blocks before `next` are being written without this queue.
    pub fn skip_to(&mut self, next: u64) {
        if self.is_idle() {
            self.frontier = self.frontier.max(next);
        }
    }

    /// The chain's settled part ends at `last`, lower than was believed: what lies above, or reaches beyond, is forgotten. What is
    /// written, or being written, ends at `written`.
    pub fn drop_above(&mut self, last: u64, written: u64) {
        if self.frontier <= last + 1 {
            return;
        }
        let mut frontier = last + 1;
        let mut is_dropped = |from: u64, to: u64| {
            if to > last {
                frontier = frontier.min(from);
            }
            to > last
        };
        self.open.retain(|_, piece| !is_dropped(piece.from, piece.to));
        self.again.retain(|from, to| !is_dropped(*from, *to));
        self.ready.retain(|from, ready| !is_dropped(*from, ready.to));
        self.ready_bytes = self.ready.values().map(|ready| ready.bytes).sum();
        self.frontier = frontier.max(written + 1);
    }

    pub fn is_idle(&self) -> bool {
        self.open.is_empty() && self.ready.is_empty() && self.again.is_empty()
    }

    /// The next range to ask for, up to `last`, if one more may be open.
    pub fn next(&mut self, last: u64) -> Option<(u64, u64)> {
        let next = self.again.first_key_value().map_or(self.frontier, |(from, _)| *from);
        if self.open.len() >= self.concurrency.count() || !(self.has_capacity() || self.is_missed(next)) {
            return None;
        }
        if let Some((from, to)) = self.again.pop_first() {
            let end = to.min(from + self.length.blocks() - 1);
            if end < to {
                self.again.insert(end + 1, to);
            }
            return Some((from, end));
        }
        if self.frontier > last {
            return None;
        }
        let (from, to) = (self.frontier, last.min(self.frontier + self.length.blocks() - 1));
        self.frontier = to + 1;
        Some((from, to))
    }

    /// Whether one more answer fits in, as far as one can guess.
    fn has_capacity(&self) -> bool {
        self.ready_bytes + (self.open.len() + 1) * self.piece_bytes <= self.max_bytes
    }

    /// Whether the writer can't go on without the range that begins here, however full the queue is: only it lets the queue drain.
    fn is_missed(&self, from: u64) -> bool {
        self.ready.first_key_value().map_or(self.open.is_empty(), |(first, _)| from < *first)
    }

    pub fn asked(&mut self, id: AskId, piece: Piece) {
        self.open.insert(id, piece);
    }

    /// The piece of an answer, if it was asked for.
    pub fn answered(&mut self, id: AskId) -> Option<Piece> {
        self.open.remove(&id)
    }

    pub fn put_back(&mut self, piece: Piece) {
        self.ask_again(piece.from, piece.to);
    }

    pub fn ask_again(&mut self, from: u64, to: u64) {
        self.again.insert(from, to);
    }

    /// An answer has come. Should more wait than may, what would wait longest goes, and is asked for again.
    pub fn put(&mut self, piece: Piece, logs: usize, bytes: usize, fetched: Fetched<P>) {
        // While it is read, an answer is there as it came, too.
        self.piece_bytes = (self.piece_bytes * 3 + bytes + fetched.answer_bytes) / 4;
        self.ready_bytes += bytes;
        self.ready.insert(piece.from, Ready { to: piece.to, logs, bytes, fetched });
        while self.ready_bytes > self.max_bytes && self.ready.len() > 1 {
            let Some((from, ready)) = self.ready.pop_last() else { return };
            self.ready_bytes -= ready.bytes;
            self.ask_again(from, ready.to);
        }
    }

    pub fn waiting_bytes(&self) -> usize {
        self.ready_bytes
    }

    /// The answer that starts at `next`.
    pub fn take(&mut self, next: u64) -> Option<Ready<P>> {
        let ready = self.ready.remove(&next)?;
        self.ready_bytes -= ready.bytes;
        Some(ready)
    }

    /// Puts an answer back that was taken.
    pub fn put_first(&mut self, next: u64, ready: Ready<P>) {
        self.ready_bytes += ready.bytes;
        self.ready.insert(next, ready);
    }

    pub fn peek(&self, next: u64) -> Option<&Ready<P>> {
        self.ready.get(&next)
    }

    /// Whether the writer has nothing to do until an answer comes.
    pub fn is_drained(&self) -> bool {
        self.ready.is_empty()
    }
}
