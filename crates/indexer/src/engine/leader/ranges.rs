//! Ranges that have come are written, as far as they continue what is.

use linkpool_primitives::B256;

use super::Leader;
use crate::engine::{
    Fetched, Gap, Heads, Payload,
    backfill::Ready,
    context::Context,
    finals::{Evidence, Verdict},
    provenance::SourcedRange,
    writing::Origin,
};

/// Ranges that wait are written together up to this many logs: a transaction has a price of its own.
const WRITE_LOGS: usize = 8_000;

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
            let sourced = SourcedRange::of(from, ready.to, &ready.fetched);
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
        match cx.finals.judge(ready.to, end, Evidence::End, heads) {
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
        self.learned.provenance.push(SourcedRange::of(from, to, &fetched));
        if !self.forgives(cx, gap, &fetched.endpoint, false) {
            return None;
        }
        self.learned.provenance.replace(SourcedRange::of(from, to, &fetched));
        // Beyond its last try a gap is noted and passed over; reconciling with the contract is what remains.
        let _ = fetched.payload.follow(&mut self.ledger, true);
        Some(fetched)
    }
}
