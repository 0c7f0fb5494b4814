//! A question has no answer: what is asked differently next time.

use linkpool_primitives::IndexerState;

use super::Leader;
use crate::engine::question::{Asked, Closed, Part};
use crate::engine::{AskId, Fault, Payload, context::Context};

impl<P: Payload> Leader<P> {
    pub(super) fn failed(&mut self, cx: &mut Context<P>, id: AskId, fault: Fault, problem: String) {
        let closed = if cx.close(id) { Some(Closed { blocks: None, part: Part::Other }) } else { self.close(id) };
        let Some(Closed { blocks, part }) = closed else { return };
        match (fault, blocks) {
            (Fault::TooLarge { hint }, Some(blocks)) => return self.too_large(cx, blocks, hint, &problem),
            (Fault::RateLimited { .. }, _) => self.backfill.concurrency.limited(),
            (Fault::TimedOut | Fault::Refused | Fault::Inconsistent | Fault::Transient, Some(blocks)) => {
                if fault == Fault::TimedOut {
                    self.backfill.concurrency.limited();
                }
                self.may_be_too_long(cx, part, blocks);
            }
            (Fault::Lagging, _) if part == Part::Tail => self.nobody_has_tail(cx),
            _ => {}
        }
        cx.question_failed(fault, part, problem);
    }

    /// Takes an open question back; `None` for one that was given up before.
    fn close(&mut self, id: AskId) -> Option<Closed> {
        let closed = |part, from, to| Some(Closed { blocks: Some((from, to)), part });
        if let Some(piece) = self.backfill.answered(id) {
            self.backfill.put_back(piece);
            return closed(Part::Backfill, piece.from, piece.to);
        }
        let mine = |asked: &mut Asked| asked.id == id;
        if let Some(Asked { from, to, .. }) = self.tail.take_if(mine) {
            return closed(Part::Tail, from, to);
        }
        if let Some(Asked { from, to, .. }) = self.recheck.take_if(mine) {
            return closed(Part::Recheck, from, to);
        }
        // Whatever was found so far may be gone by now: start over from the heads.
        let search = self.search.take_if(|search| search.asked() == Some(id))?;
        Some(Closed { blocks: search.blocks(), part: Part::Branch })
    }

    /// Half the range next time. One block that is still too large is asked for by its hash, at every endpoint; if all refuse, it
    /// is a state of its own.
    fn too_large(&mut self, cx: &mut Context<P>, (from, to): (u64, u64), hint: Option<u64>, problem: &str) {
        self.shrink(to - from + 1, hint);
        if to > from {
            return;
        }
        let refused = self.backfill.by_hash.entry(from).or_default();
        *refused += 1;
        if *refused <= cx.settings.endpoints {
            return;
        }
        // After the pause each is asked once more.
        *refused = 1;
        let sentence =
            format!("block {from} alone is too large for the endpoint: {problem}; configure one that gives more logs at once");
        cx.watchdog.failed_for_long(cx.now, sentence.clone());
        if !cx.watchdog.shows(IndexerState::BlockTooLarge) {
            cx.set_state(IndexerState::BlockTooLarge, Some(sentence));
        }
    }

    /// A question about these blocks failed in a way that may have to do with how many they are.
    fn may_be_too_long(&mut self, cx: &Context<P>, part: Part, (from, to): (u64, u64)) {
        if !self.learned.refusals.fails((part, from), to - from + 1, cx.now, cx.poll.told()) {
            return;
        }
        if from < to {
            return self.shrink(to - from + 1, None);
        }
        // One block is asked for in the other way: as a range by its number, or by its hash.
        if self.backfill.by_hash.remove(&from).is_none() {
            self.backfill.by_hash.insert(from, 0);
        }
    }

    /// Questions of so many blocks are too long: half of them next time.
    fn shrink(&mut self, blocks: u64, hint: Option<u64>) {
        self.backfill.length.refused(blocks, hint);
        self.learned.tip.refused(blocks);
        self.learned.recheck_run.refused(blocks);
    }
}
