//! One write at a time: a run of ranges, the blocks at the tip, or a branch in place of another.

use std::collections::BTreeMap;

use linkpool_primitives::B256;

use super::Leader;
use crate::engine::search::{Branch, Why};
use crate::engine::writing::{Origin, Writing};
use crate::engine::{
    Effect, EndpointName, Fetched, Gap, Header, Heads, Payload, Write, backfill::Ready, context::Context, finals::Verdict,
    known::Known, provenance::SourcedRange,
};

/// Ranges that wait are written together up to this many logs: a transaction has a price of its own.
const WRITE_LOGS: usize = 20_000;

impl<P: Payload> Leader<P> {
    pub(super) fn drive_write(&mut self, cx: &mut Context<P>) {
        let Some(heads) = cx.heads else { return };
        if self.writing.is_some() || self.search.is_some() {
            return;
        }
        let taken = self.take_ranges(cx, &heads);
        if !taken.is_empty() {
            self.write(cx, Origin::Ranges, taken, heads);
        }
    }

    /// The ranges that have come, as far as they continue each other.
    fn take_ranges(&mut self, cx: &mut Context<P>, heads: &Heads) -> Vec<Fetched<P>> {
        let (mut at, mut logs) = (self.cursor, 0);
        let mut taken: Vec<Fetched<P>> = Vec::new();
        while let Some(ready) = self.backfill.peek(at.number + 1) {
            let (from, is_first, continues) = (at.number + 1, taken.is_empty(), ready.fetched.first_parent == at.hash);
            if !is_first && (!continues || logs + ready.logs > WRITE_LOGS) {
                break;
            }
            if !continues {
                let blame = ready.fetched.endpoint.clone();
                self.begin_search(Some(blame));
                break;
            }
            let Some(ready) = self.take_final(cx, from, heads) else { break };
            let mut ledger = self.ledger.clone();
            if let Err(gap) = ready.fetched.payload.follow(&mut ledger, false) {
                if is_first {
                    taken.extend(self.pass_over(cx, from, ready, &gap));
                } else {
                    self.backfill.put_first(from, ready);
                }
                break;
            }
            self.ledger = ledger;
            let sourced = sourced(from, ready.to, &ready.fetched);
            cx.report_short(self.learned.provenance.short(&sourced));
            self.learned.provenance.replace(sourced);
            at = ready.fetched.end().unwrap_or(at);
            logs += ready.logs;
            taken.push(ready.fetched);
        }
        taken
    }

    /// The range that begins here, if it ends at a final block; one that ends at another is asked for again.
    fn take_final(&mut self, cx: &mut Context<P>, from: u64, heads: &Heads) -> Option<Ready<P>> {
        let ready = self.backfill.peek(from)?;
        let end = ready.fetched.end().map_or(B256::ZERO, |end| end.hash);
        match cx.finals.judge(ready.to, end, heads) {
            Verdict::Final => self.backfill.take(from),
            Verdict::Unknown => None,
            Verdict::Other => {
                let ready = self.backfill.take(from)?;
                self.backfill.ask_again(from, ready.to);
                cx.contradicted(&ready.fetched.endpoint, format!("its block {} is not the final one", ready.to));
                None
            }
        }
    }

    /// A range that does not continue what is written, if the gap is to be passed over.
    fn pass_over(&mut self, cx: &mut Context<P>, from: u64, ready: Ready<P>, gap: &Gap) -> Option<Fetched<P>> {
        let Ready { to, fetched, .. } = ready;
        // Should another endpoint have more for these blocks, this one left something out.
        self.learned.provenance.push(sourced(from, to, &fetched));
        if !self.forgives(cx, gap, &fetched.endpoint, false) {
            return None;
        }
        self.learned.provenance.replace(sourced(from, to, &fetched));
        // Beyond its last try a gap is noted and passed over; reconciling with the contract is what remains.
        let _ = fetched.payload.follow(&mut self.ledger, true);
        Some(fetched)
    }

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
        self.learned.provenance.push(sourced(self.cursor.number + 1, to, &fetched));
        self.write(cx, Origin::Tail, vec![fetched], heads);
    }

    pub(super) fn write_branch(&mut self, cx: &mut Context<P>, branch: &Branch<P>, fetched: Fetched<P>) {
        let Some(heads) = cx.heads else { return };
        let from = branch.ancestor.number + 1;
        let sourced = sourced(from, branch.to, &fetched);
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

    fn write(&mut self, cx: &mut Context<P>, origin: Origin, fetched: Vec<Fetched<P>>, heads: Heads) {
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

    /// An event presupposes something that is not written. Ask for it elsewhere first, then for what should be in between
    /// (`is_branch`: at once, because that holds what was just asked for too); when both have been tried often enough, say so
    /// and go on.
    pub(super) fn forgives(&mut self, cx: &mut Context<P>, gap: &Gap, endpoint: &EndpointName, is_branch: bool) -> bool {
        self.learned.gap.observe(gap.at);
        let is_in_answer = gap.since > self.cursor.number;
        // An answer that has what comes before and after, and nothing in between, was fetched because of the gap, too.
        self.learned.gap.retries += u32::from(is_in_answer && !is_branch);
        if self.learned.gap.retries >= self.max_gap_retries(gap.since, cx.settings.endpoints) {
            cx.log(format!("{}: run `linkpool verify --repair`", gap.what));
            cx.watchdog.passed_over(cx.now, &gap.what);
            return true;
        }
        cx.deprioritize(endpoint.clone());
        if is_in_answer || (self.learned.gap.observed % 2 == 1 && !is_branch) {
            self.give_up_questions();
        } else {
            let from = self.learned.provenance.start_of(gap.since);
            self.begin_again(cx, from, Why::Gap);
        }
        cx.failed(gap.what.clone());
        false
    }
}

/// What an answer has of these blocks, and who gave it.
fn sourced<P: Payload>(from: u64, to: u64, fetched: &Fetched<P>) -> SourcedRange {
    SourcedRange::new(from, to, fetched.payload.log_positions(), fetched.endpoint.clone())
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
