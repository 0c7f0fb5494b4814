//! The blocks that may still go: one question at a time, each continuing the last.

use super::Leader;
use crate::engine::{Ask, Fetched, Payload, context::Context, question::Asked};

impl<P: Payload> Leader<P> {
    pub(super) fn drive_tail(&mut self, cx: &mut Context<P>) {
        let Some(heads) = cx.heads else { return };
        let from = self.cursor.number + 1;
        let is_busy = self.search.is_some() || self.tail.is_some() || self.writing.is_some();
        if is_busy || !self.backfill.is_idle() || from <= self.settled(&heads) || from > heads.head.number {
            return;
        }
        let to = heads.head.number.min(from + self.learned.tip.blocks() - 1);
        // Where an answer had a gap, a bloom may be why.
        let id = cx.ask(Ask::Blocks { from, to, ignore_bloom: self.learned.gap.observed > 0 });
        self.tail = Some(Asked { id, from, to });
    }

    pub(super) fn fetched_tail(&mut self, cx: &mut Context<P>, blocks: u64, fetched: Fetched<P>) {
        self.learned.tip.answered(blocks);
        if let Some(heads_source) = self.learned.phantom_heads.delivered(&fetched.endpoint) {
            cx.report_faulty(heads_source, "it tells of blocks that neither it nor another endpoint has".to_owned());
            // Whoever is asked next may know better where the chain is.
            cx.poll.hurry(cx.now);
        }
        if self.writing.is_some() || self.search.is_some() {
            return;
        }
        if fetched.first_parent != self.cursor.hash {
            return self.begin_search(None);
        }
        self.write_tail(cx, fetched);
    }

    /// The head that was told of may not exist: the next block alone may.
    pub(super) fn nobody_has_tail(&mut self, cx: &Context<P>) {
        self.learned.tip.restart();
        self.learned.phantom_heads.missing(cx.heads_source.clone());
    }
}
