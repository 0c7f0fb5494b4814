//! Blocks have come: what they were asked for, and whether they can be true.

use super::Leader;
use crate::engine::{AskId, Fetched, Payload, check::check, context::Context, question::Part};

impl<P: Payload> Leader<P> {
    pub(super) fn fetched(&mut self, cx: &mut Context<P>, id: AskId, fetched: Fetched<P>) {
        let piece = self.backfill.answered(id);
        let tail = self.tail.take_if(|asked| asked.id == id);
        let recheck = self.recheck.take_if(|asked| asked.id == id);
        let branch = self.branch(id).map(|branch| (branch.ancestor.number + 1, branch.to));
        let (part, from, to) = match (piece, tail, recheck, branch) {
            (Some(piece), ..) => (Part::Backfill, piece.from, piece.to),
            (_, Some(tail), ..) => (Part::Tail, tail.from, tail.to),
            (_, _, Some(recheck), _) => (Part::Recheck, recheck.from, recheck.to),
            (.., Some((from, to))) => (Part::Branch, from, to),
            (None, None, None, None) => return,
        };
        self.learned.refusals.answered((part, from), to - from + 1);
        if let Err(what) = check(&fetched, from, to) {
            if let Some(piece) = piece {
                self.backfill.put_back(piece);
            }
            if branch.is_some() {
                self.search = None;
            }
            return cx.contradicted(&fetched.endpoint, what);
        }
        match (part, piece) {
            (_, Some(piece)) => self.fetched_range(cx, piece, fetched),
            (Part::Tail, _) => self.fetched_tail(cx, to - from + 1, fetched),
            (Part::Recheck, _) => self.compare_final(cx, from, to, &fetched),
            _ => self.fetched_branch(cx, id, fetched),
        }
    }
}
