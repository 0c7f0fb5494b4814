//! One write at a time: a run of ranges, the blocks at the tip, or a branch in place of another.

use std::collections::BTreeMap;

use super::Leader;
use crate::engine::search::{Branch, Why};
use crate::engine::writing::{Origin, Writing};
use crate::engine::{Effect, Fetched, Header, Heads, Payload, Write, context::Context, known::Known, provenance::SourcedRange};

impl<P: Payload> Leader<P> {
    pub(super) fn write_tail(&mut self, cx: &mut Context<P>, fetched: Fetched<P>) {
        let Some(heads) = cx.heads else { return };
        let mut ledger = self.ledger.clone();
        if let Err(gap) = fetched.payload.follow(&mut ledger, false) {
            if !self.forgives(cx, &gap, &fetched.endpoint, false) {
                return;
            }
            ledger = self.ledger.clone();
            let _ = fetched.payload.follow(&mut ledger, true);
        }
        self.ledger = ledger;
        let to = fetched.end().unwrap_or(self.cursor).number;
        self.learned.provenance.push(SourcedRange::of(self.cursor.number + 1, to, &fetched));
        self.write(cx, Origin::Tail, vec![fetched], heads);
    }

    pub(super) fn write_branch(&mut self, cx: &mut Context<P>, branch: &Branch<P>, fetched: Fetched<P>) {
        let Some(heads) = cx.heads else { return };
        let from = branch.ancestor.number + 1;
        let sourced = SourcedRange::of(from, branch.to, &fetched);
        let again = match branch.why {
            Why::Reorg => None,
            // Each doubt was counted as a try.
            Why::ExtraLogs { .. } => Some("logs were written that the chain does not have"),
            Why::MissingLogs { .. } => {
                self.learned.missing_logs.retries += 1;
                Some("an endpoint had left out logs")
            }
            Why::Gap => {
                self.learned.gap.retries += 1;
                Some("an endpoint had left out logs")
            }
        };
        if let Some(what) = again {
            cx.log(format!("blocks {from} to {} are written again: {what}", branch.to));
        }
        self.write(cx, Origin::Branch(branch.ancestor, again.is_none()), vec![fetched], heads);
        if let Some(writing) = &mut self.writing {
            writing.replaces = Some(sourced);
        }
    }

    pub(super) fn write(&mut self, cx: &mut Context<P>, origin: Origin, fetched: Vec<Fetched<P>>, heads: Heads) {
        let (ancestor, is_reorg) = match origin {
            Origin::Branch(ancestor, is_reorg) => (Some(ancestor), is_reorg),
            Origin::Ranges | Origin::Tail => (None, false),
        };
        let Some(to) = fetched.last().and_then(Fetched::end) else { return };
        if let Some(ancestor) = ancestor {
            self.checked = self.checked.min(ancestor.number);
        }
        // What was asked for while it was not final is to be compared, also if it has become final on the way.
        let is_compared = matches!(origin, Origin::Ranges) && to.number <= self.settled(&heads);
        let finalized = if is_compared { self.final_tag(&heads, to.number) } else { self.checked.min(heads.finalized) };
        let checked = if is_compared && self.checked >= self.cursor.number { to.number } else { self.checked };
        // Of a run of final ranges only the end can be the ancestor of a reorg.
        let (headers, known) = reachable(&fetched, finalized.min(to.number));
        self.backfill.skip_to(to.number + 1);
        cx.watchdog.writes(cx.now);
        self.writing = Some(Writing {
            to,
            headers: known,
            checked,
            finalized,
            ancestor: ancestor.map(|block| block.number),
            is_reorg,
            replaces: None,
        });
        cx.effects.push(Effect::Write(Box::new(Write {
            expected: self.cursor,
            ancestor,
            to,
            heads: Heads { finalized, ..heads },
            caught_up: to.number >= heads.head.number,
            headers,
            payloads: fetched.into_iter().map(|fetched| fetched.payload).collect(),
        })));
    }
}

/// The headers from `lowest` on, as they are written and as they are remembered.
fn reachable<P: Payload>(fetched: &[Fetched<P>], lowest: u64) -> (Vec<Header>, Vec<(u64, Known)>) {
    let (mut headers, mut known) = (Vec::new(), Vec::new());
    for fetched in fetched {
        let logs = logs_of(fetched);
        for header in fetched.headers.iter().filter(|header| header.block.number >= lowest) {
            let (number, endpoint) = (header.block.number, Some(fetched.endpoint.clone()));
            let logs = logs.get(&number).copied().unwrap_or(0);
            known.push((number, Known { hash: header.block.hash, logs, endpoint }));
            headers.push(*header);
        }
    }
    (headers, known)
}

/// How many logs an answer has of each block.
fn logs_of<P: Payload>(fetched: &Fetched<P>) -> BTreeMap<u64, u32> {
    let mut counts = BTreeMap::new();
    // Ranges are counted at their end only; blocks one by one.
    let first = fetched.headers.first().map_or(0, |header| header.block.number);
    for position in fetched.payload.log_positions().filter(|position| position.number >= first) {
        *counts.entry(position.number).or_insert(0) += 1;
    }
    counts
}
