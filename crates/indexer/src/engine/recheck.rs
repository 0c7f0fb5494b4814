//! Blocks that have become final are read once more: nodes leave out logs of blocks they have only just seen, and of heights
//! that were reorganized, without an error ([geth 26098](https://github.com/ethereum/go-ethereum/issues/26098)). More logs than
//! were written mean that the writer was lied to. Fewer mean that this answer is incomplete, or that a row is written which the
//! chain does not have: rows go only when two answers agree, of two endpoints where there are two, and a third by hash does too.

use super::{
    Engine, Role,
    attest::Verdict,
    message::{Ask, Effect, EndpointName, Fetched, Millis, Payload},
    search::{MOST_TRIES, Why},
    served::Given,
    write::left_out,
};

/// An endpoint's word that a block has fewer logs than are written.
#[derive(Debug)]
pub(super) struct Doubt {
    endpoint: EndpointName,
    block: u64,
    logs: u32,
}

/// The newest doubt of each endpoint.
#[derive(Debug, Default)]
pub(super) struct Doubts(Vec<Doubt>);

impl Doubts {
    /// Whether it was said before: by another endpoint, or, where there is only one, by itself.
    fn is_shared(&mut self, doubt: Doubt, endpoints: usize) -> bool {
        let is_same = |other: &Doubt| {
            (other.block, other.logs) == (doubt.block, doubt.logs) && (endpoints == 1 || other.endpoint != doubt.endpoint)
        };
        let is_shared = self.0.iter().any(is_same);
        self.0.retain(|other| other.endpoint != doubt.endpoint);
        self.0.push(doubt);
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
        let Role::Leading(leading) = &mut self.role else { return };
        if !leading.must_recheck(&heads) {
            return self.health.rechecked();
        }
        self.health.rechecks(self.now);
        let is_busy = leading.recheck.is_some() || leading.search.is_some() || leading.writing.is_some();
        if is_busy || leading.recheck_pace.next() > self.now {
            return;
        }
        let from = leading.checked + 1;
        let to = heads.finalized.min(leading.cursor.number).min(leading.checked + leading.recheck_run.blocks());
        match leading.hash_at(to).map_or(Verdict::Final, |ours| self.finals.judge(to, ours, &heads)) {
            Verdict::Final => {}
            Verdict::Other => return self.begin_search(None),
            Verdict::Unknown => return,
        }
        let id = self.ask(if from == to { Ask::Blocks { from, to, whole: true } } else { Ask::Range { from, to } });
        if let Role::Leading(leading) = &mut self.role {
            leading.recheck_pace.asked(self.now);
            leading.recheck = Some((id, from, to));
        }
    }

    pub(super) fn compare_final(&mut self, from: u64, to: u64, fetched: &Fetched<P>) {
        let finalized = self.heads.map_or(0, |heads| heads.finalized);
        let Role::Leading(leading) = &mut self.role else { return };
        if to > finalized {
            // They were called final in one answer alone.
            return;
        }
        let last = fetched.headers.last().map(|header| header.block.hash);
        if leading.hash_at(to).is_some_and(|ours| Some(ours) != last) {
            return self.begin_search(Some(fetched.endpoint.clone()));
        }
        let mut found: std::collections::BTreeMap<u64, u32> =
            leading.window.range(from..=to).map(|(number, _)| (*number, 0)).collect();
        for place in fetched.payload.places() {
            if let Some(logs) = found.get_mut(&place.number) {
                *logs += 1;
            }
        }
        let known = |number: &u64| leading.window.get(number).map_or(0, |known| known.logs);
        let different = found.iter().find(|(number, logs)| **logs != known(number)).map(|(number, logs)| (*number, *logs));
        let Some((block, logs)) = different else {
            let given = Given::new(from, to, fetched.payload.places(), fetched.endpoint.clone());
            let short = leading.replaced.short(&given);
            self.effects.extend(short.into_iter().map(|(name, from, to)| left_out(name, from, to)));
            leading.replaced.forget_up_to(to);
            leading.checked = leading.checked.max(to);
            leading.thin.pass(to);
            leading.recheck_pace = Pace::default();
            self.health.rechecked();
            leading.recheck_run.answered(to - from + 1);
            return self.confirmed(&fetched.endpoint);
        };
        leading.thin.meet(block);
        if leading.thin.tries >= MOST_TRIES {
            leading.checked = leading.checked.max(to);
            leading.thin.pass(to);
            leading.doubts = Doubts::default();
            self.health.passed_over(self.now, &format!("what is written of block {block} is not what the chain says"));
            return self.effects.push(Effect::Note(disagreement(block)));
        }
        if logs < known(&block) {
            return self.doubt(Doubt { endpoint: fetched.endpoint.clone(), block, logs });
        }
        if let Some(endpoint) = leading.window.get(&block).and_then(|known| known.endpoint.clone()) {
            self.effects.push(Effect::Accuse(endpoint, format!("it left out logs of block {block}")));
        }
        self.begin_again(block, Why::Thin { block, logs });
    }

    /// Fewer logs than are written: nothing is proven yet, and nobody named.
    fn doubt(&mut self, doubt: Doubt) {
        let Role::Leading(leading) = &mut self.role else { return };
        leading.thin.tries += 1;
        let Doubt { block, logs, ref endpoint } = doubt;
        let endpoint = endpoint.clone();
        if leading.doubts.is_shared(doubt, self.settings.endpoints) {
            leading.doubts = Doubts::default();
            return self.begin_again(block, Why::Extra { block, logs });
        }
        self.health.recheck_failed(format!("`{endpoint}` has fewer logs of block {block} than are written"));
        self.effects.push(Effect::Avoid(endpoint));
    }

    /// What is written is also what `endpoint` has. Who doubted it was wrong if that is its own word now, or a third one's:
    /// whoever gave the logs says nothing new.
    fn confirmed(&mut self, endpoint: &EndpointName) {
        let Role::Leading(leading) = &mut self.role else { return };
        for Doubt { endpoint: doubter, block, .. } in std::mem::take(&mut leading.doubts).0 {
            let writer = leading.window.get(&block).and_then(|known| known.endpoint.clone());
            if doubter == *endpoint || writer.is_some_and(|writer| writer != *endpoint && writer != doubter) {
                self.effects.push(Effect::Accuse(doubter, format!("it left out logs of block {block}")));
            } else {
                self.effects.push(Effect::Note(disagreement(block)));
            }
        }
    }
}

fn disagreement(block: u64) -> String {
    format!("the endpoints do not agree on the logs of block {block}: run `linkpool verify --repair`")
}
