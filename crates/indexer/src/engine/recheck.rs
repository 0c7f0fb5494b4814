//! Blocks that have become final are read once more: nodes leave out logs of blocks they have only just seen, and of heights
//! that were reorganized, without an error ([geth 26098](https://github.com/ethereum/go-ethereum/issues/26098)). More logs than
//! were written mean that the writer was lied to. Fewer mean that this answer is incomplete, or that a row is written which the
//! chain does not have: rows go only when two answers agree, of two endpoints where there are two, and a third by hash does too.

use super::{
    Engine, Mode,
    attest::Verdict,
    message::{Ask, Effect, EndpointName, Fetched, Millis, Payload},
    provenance::SourcedRange,
    search::{MAX_RETRIES, Why},
    write::left_out,
};

/// An endpoint's word that a block has fewer logs than are written.
#[derive(Debug)]
pub(super) struct RecheckMismatch {
    endpoint: EndpointName,
    block: u64,
    logs: u32,
}

/// The newest doubt of each endpoint.
#[derive(Debug, Default)]
pub(super) struct RecheckMismatches(Vec<RecheckMismatch>);

impl RecheckMismatches {
    /// Whether it was said before: by another endpoint, or, where there is only one, by itself.
    fn is_shared(&mut self, mismatch: RecheckMismatch, endpoints: usize) -> bool {
        let is_same = |other: &RecheckMismatch| {
            (other.block, other.logs) == (mismatch.block, mismatch.logs)
                && (endpoints == 1 || other.endpoint != mismatch.endpoint)
        };
        let is_shared = self.0.iter().any(is_same);
        self.0.retain(|other| other.endpoint != mismatch.endpoint);
        self.0.push(mismatch);
        is_shared
    }
}

/// When the same blocks are compared again: at once, and then after pauses that double.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    tries: u32,
    next: Millis,
}

impl Pace {
    pub fn next(&self) -> Millis {
        self.next
    }

    fn asked(&mut self, now: Millis) {
        self.next = now + (FIRST_PAUSE_MS << self.tries.min(10)).min(LONGEST_PAUSE_MS);
        self.tries += 1;
    }
}

const FIRST_PAUSE_MS: Millis = 50;
const LONGEST_PAUSE_MS: Millis = 5_000;

impl<P: Payload> Engine<P> {
    pub(super) fn drive_recheck(&mut self) {
        let Some(heads) = self.heads else { return };
        let Mode::Leader(leader) = &mut self.mode else { return };
        if !leader.must_recheck(&heads) {
            return self.watchdog.rechecked();
        }
        self.watchdog.rechecks(self.now);
        let is_busy = leader.recheck.is_some() || leader.search.is_some() || leader.writing.is_some();
        if is_busy || leader.recheck_pace.next() > self.now {
            return;
        }
        let from = leader.checked + 1;
        let to = heads.finalized.min(leader.cursor.number).min(leader.checked + leader.recheck_run.blocks());
        match leader.hash_at(to).map_or(Verdict::Final, |ours| self.finals.judge(to, ours, &heads)) {
            Verdict::Final => {}
            Verdict::Other => return self.begin_search(None),
            Verdict::Unknown => return,
        }
        let id = self.ask(if from == to { Ask::Blocks { from, to, ignore_bloom: true } } else { Ask::Range { from, to } });
        if let Mode::Leader(leader) = &mut self.mode {
            leader.recheck_pace.asked(self.now);
            leader.recheck = Some((id, from, to));
        }
    }

    pub(super) fn compare_final(&mut self, from: u64, to: u64, fetched: &Fetched<P>) {
        let finalized = self.heads.map_or(0, |heads| heads.finalized);
        let Mode::Leader(leader) = &mut self.mode else { return };
        if to > finalized {
            // They were called final in one answer alone.
            return;
        }
        let last = fetched.headers.last().map(|header| header.block.hash);
        if leader.hash_at(to).is_some_and(|ours| Some(ours) != last) {
            return self.begin_search(Some(fetched.endpoint.clone()));
        }
        let mut found: std::collections::BTreeMap<u64, u32> =
            leader.window.range(from..=to).map(|(number, _)| (*number, 0)).collect();
        for position in fetched.payload.log_positions() {
            if let Some(logs) = found.get_mut(&position.number) {
                *logs += 1;
            }
        }
        let known = |number: &u64| leader.window.get(number).map_or(0, |known| known.logs);
        let different = found.iter().find(|(number, logs)| **logs != known(number)).map(|(number, logs)| (*number, *logs));
        let Some((block, logs)) = different else {
            let sourced = SourcedRange::new(from, to, fetched.payload.log_positions(), fetched.endpoint.clone());
            let short = leader.replaced.short(&sourced);
            self.effects.extend(short.into_iter().map(|(name, from, to)| left_out(name, from, to)));
            leader.replaced.forget_up_to(to);
            leader.checked = leader.checked.max(to);
            leader.missing_logs.resolve(to);
            leader.recheck_pace = Pace::default();
            self.watchdog.rechecked();
            leader.recheck_run.answered(to - from + 1);
            return self.confirmed(&fetched.endpoint);
        };
        leader.missing_logs.observe(block);
        if leader.missing_logs.retries >= MAX_RETRIES {
            leader.checked = leader.checked.max(to);
            leader.missing_logs.resolve(to);
            leader.mismatches = RecheckMismatches::default();
            self.watchdog.passed_over(self.now, &format!("what is written of block {block} is not what the chain says"));
            return self.effects.push(Effect::Log(disagreement(block)));
        }
        if logs < known(&block) {
            return self.mismatch(RecheckMismatch { endpoint: fetched.endpoint.clone(), block, logs });
        }
        if let Some(endpoint) = leader.window.get(&block).and_then(|known| known.endpoint.clone()) {
            self.effects.push(Effect::ReportFaulty(endpoint, format!("it left out logs of block {block}")));
        }
        self.begin_again(block, Why::MissingLogs { block, logs });
    }

    /// Fewer logs than are written: nothing is proven yet, and nobody named.
    fn mismatch(&mut self, mismatch: RecheckMismatch) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        leader.missing_logs.retries += 1;
        let RecheckMismatch { block, logs, ref endpoint } = mismatch;
        let endpoint = endpoint.clone();
        if leader.mismatches.is_shared(mismatch, self.settings.endpoints) {
            leader.mismatches = RecheckMismatches::default();
            return self.begin_again(block, Why::ExtraLogs { block, logs });
        }
        self.watchdog.recheck_failed(format!("`{endpoint}` has fewer logs of block {block} than are written"));
        self.effects.push(Effect::Deprioritize(endpoint));
    }

    /// What is written is also what `endpoint` has. Who doubted it was wrong if that is its own word now, or a third one's:
    /// whoever gave the logs says nothing new.
    fn confirmed(&mut self, endpoint: &EndpointName) {
        let Mode::Leader(leader) = &mut self.mode else { return };
        for RecheckMismatch { endpoint: reported_by, block, .. } in std::mem::take(&mut leader.mismatches).0 {
            let writer = leader.window.get(&block).and_then(|known| known.endpoint.clone());
            if reported_by == *endpoint || writer.is_some_and(|writer| writer != *endpoint && writer != reported_by) {
                self.effects.push(Effect::ReportFaulty(reported_by, format!("it left out logs of block {block}")));
            } else {
                self.effects.push(Effect::Log(disagreement(block)));
            }
        }
    }
}

fn disagreement(block: u64) -> String {
    format!("the endpoints do not agree on the logs of block {block}: run `linkpool verify --repair`")
}
