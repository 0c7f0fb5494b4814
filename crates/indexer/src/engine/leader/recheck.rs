//! What is written is compared with what the chain says once it is final.

use std::collections::BTreeMap;

use super::Leader;
use crate::engine::recheck::{Pace, RecheckMismatch, RecheckMismatches};
use crate::engine::search::{MAX_RETRIES, Why};
use crate::engine::{
    Ask, EndpointName, Fetched, Payload,
    context::Context,
    finals::{Evidence, Verdict},
    provenance::SourcedRange,
    question::Asked,
};

impl<P: Payload> Leader<P> {
    pub(super) fn drive_recheck(&mut self, cx: &mut Context<P>) {
        let Some(heads) = cx.heads else { return };
        if !self.must_recheck(&heads) {
            return cx.watchdog.rechecked();
        }
        cx.watchdog.rechecks(cx.now);
        let is_busy = self.recheck.is_some() || self.search.is_some() || self.writing.is_some();
        if is_busy || self.learned.recheck_pace.next() > cx.now {
            return;
        }
        let from = self.checked + 1;
        let to = heads.finalized.min(self.cursor.number).min(self.checked + self.learned.recheck_run.blocks());
        match self.hash_at(to).map_or(Verdict::Final, |ours| cx.finals.judge(to, ours, Evidence::Chain, &heads)) {
            Verdict::Final => {}
            Verdict::Other => return self.begin_search(None),
            Verdict::Unknown => return,
        }
        let id = cx.ask(if from == to { Ask::Blocks { from, to, ignore_bloom: true } } else { Ask::Range { from, to } });
        self.learned.recheck_pace.asked(cx.now);
        self.recheck = Some(Asked { id, from, to });
    }

    pub(super) fn compare_final(&mut self, cx: &mut Context<P>, from: u64, to: u64, fetched: &Fetched<P>) {
        if to > cx.finalized() {
            // They were called final in one answer alone.
            return;
        }
        let end = fetched.end().map(|end| end.hash);
        if self.hash_at(to).is_some_and(|ours| Some(ours) != end) {
            return self.begin_search(Some(fetched.endpoint.clone()));
        }
        let Some((block, logs, known)) = self.first_difference(from, to, fetched) else {
            return self.same(cx, from, to, fetched);
        };
        self.learned.missing_logs.observe(block);
        if self.learned.missing_logs.retries >= MAX_RETRIES {
            self.checked = self.checked.max(to);
            self.learned.missing_logs.resolve(to);
            self.mismatches = RecheckMismatches::default();
            cx.watchdog.passed_over(cx.now, &format!("what is written of block {block} is not what the chain says"));
            return cx.log(disagreement(block));
        }
        if logs < known {
            return self.mismatch(cx, RecheckMismatch { endpoint: fetched.endpoint.clone(), block, logs });
        }
        if let Some(endpoint) = self.writer_of(block) {
            cx.report_faulty(endpoint, format!("it left out logs of block {block}"));
        }
        self.begin_again(cx, block, Why::MissingLogs { block, logs });
    }

    /// The lowest block of which an answer has another number of logs than are written: the block, and both.
    fn first_difference(&self, from: u64, to: u64, fetched: &Fetched<P>) -> Option<(u64, u32, u32)> {
        let written = || self.window.range(from..=to);
        let mut found: BTreeMap<u64, u32> = written().map(|(number, _)| (*number, 0)).collect();
        for position in fetched.payload.log_positions() {
            found.entry(position.number).and_modify(|logs| *logs += 1);
        }
        let both = written().zip(found.into_values());
        both.map(|((number, known), logs)| (*number, logs, known.logs)).find(|(_, logs, known)| logs != known)
    }

    /// These blocks are written as they are.
    fn same(&mut self, cx: &mut Context<P>, from: u64, to: u64, fetched: &Fetched<P>) {
        let sourced = SourcedRange::of(from, to, fetched);
        cx.report_short(self.learned.replaced.short(&sourced));
        self.learned.replaced.forget_up_to(to);
        self.checked = self.checked.max(to);
        self.learned.missing_logs.resolve(to);
        self.learned.recheck_pace = Pace::default();
        cx.watchdog.rechecked();
        self.learned.recheck_run.answered(to - from + 1);
        self.confirmed(cx, &fetched.endpoint);
    }

    /// Fewer logs than are written: nothing is proven yet, and nobody named.
    fn mismatch(&mut self, cx: &mut Context<P>, mismatch: RecheckMismatch) {
        self.learned.missing_logs.retries += 1;
        let RecheckMismatch { block, logs, ref endpoint } = mismatch;
        let endpoint = endpoint.clone();
        if self.mismatches.is_shared(mismatch, cx.settings.endpoints) {
            self.mismatches = RecheckMismatches::default();
            return self.begin_again(cx, block, Why::ExtraLogs { block, logs });
        }
        cx.watchdog.recheck_failed(format!("`{endpoint}` has fewer logs of block {block} than are written"));
        cx.deprioritize(endpoint);
    }

    /// What is written is also what `endpoint` has. Who doubted it was wrong if that is its own word now, or a third one's:
    /// whoever gave the logs says nothing new.
    fn confirmed(&mut self, cx: &mut Context<P>, endpoint: &EndpointName) {
        for RecheckMismatch { endpoint: reported_by, block, .. } in self.mismatches.drain() {
            let writer = self.writer_of(block);
            if reported_by == *endpoint || writer.is_some_and(|writer| writer != *endpoint && writer != reported_by) {
                cx.report_faulty(reported_by, format!("it left out logs of block {block}"));
            } else {
                cx.log(disagreement(block));
            }
        }
    }

    /// Who gave the logs of a block that are written, as far as that is known.
    pub(super) fn writer_of(&self, block: u64) -> Option<EndpointName> {
        self.window.get(&block)?.endpoint.clone()
    }
}

fn disagreement(block: u64) -> String {
    format!("the endpoints do not agree on the logs of block {block}: run `linkpool verify --repair`")
}
