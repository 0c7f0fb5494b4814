//! Blocks that are final are asked for, several ranges at once.

use super::Leader;
use crate::engine::{Ask, Fetched, Payload, backfill::Piece, context::Context};

impl<P: Payload> Leader<P> {
    pub(super) fn drive_backfill(&mut self, cx: &mut Context<P>) {
        let Some(heads) = cx.heads else { return };
        if self.search.is_some() || self.tail.is_some() || self.must_recheck(&heads) {
            return;
        }
        let last = self.settled(&heads);
        while let Some((from, to)) = self.backfill.next(last) {
            let by_hash = from == to && self.backfill.by_hash.contains_key(&from);
            // What is final is not read a second time: no bloom may deny its logs.
            let ask = if by_hash { Ask::Blocks { from, to, ignore_bloom: true } } else { Ask::Range { from, to } };
            self.backfill.asked(cx.ask(ask), Piece { from, to, asked_at: cx.now });
        }
    }

    pub(super) fn fetched_range(&mut self, cx: &Context<P>, piece: Piece, fetched: Fetched<P>) {
        let latency = cx.now.saturating_sub(piece.asked_at);
        let (logs, bytes) = (fetched.payload.log_positions().count(), fetched.payload.bytes());
        let answer_bytes = fetched.answer_bytes;
        let writer_waits = self.writing.is_none() && self.backfill.is_drained();
        self.backfill.concurrency.answered(latency, writer_waits);
        self.backfill.length.answered(piece.to - piece.from + 1, answer_bytes as u64);
        self.backfill.put(piece, logs, bytes, fetched);
    }
}
