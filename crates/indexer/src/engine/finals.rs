//! Which hashes are final. A backend on a dead branch answers for heights that another one calls final; nothing of its answer
//! shows that. So close to the final block, where branches can still part, a block counts as final only when an endpoint has both
//! it and the final block whose hash we were told.

use std::collections::BTreeMap;

use linkpool_primitives::B256;

use super::{
    Engine, Mode,
    message::{Ask, AskId, Effect, Hashes, Heads, Payload},
};

/// No branch that somebody still serves parts from the chain this far below its final block.
const EDGE: u64 = 256;
const MAX_HASHES: usize = 256;

/// Hashes that are known to be final, by height.
#[derive(Debug, Default)]
pub(super) struct Finals {
    hashes: BTreeMap<u64, B256>,
    wanted: Option<u64>,
    ask: Option<(AskId, u64, u64)>,
}

/// What is known about a hash at a height.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Final,
    /// Another hash is final there.
    Other,
    /// It is being asked.
    Unknown,
}

impl Finals {
    /// What the newest heads say. The first hash at a height stays: what is final does not change.
    pub fn learn(&mut self, heads: &Heads) {
        if let Some(hash) = heads.finalized_hash {
            self.insert(heads.finalized, hash);
        }
    }

    fn insert(&mut self, number: u64, hash: B256) {
        self.hashes.entry(number).or_insert(hash);
        if self.hashes.len() > MAX_HASHES {
            self.hashes.pop_first();
        }
    }

    /// The final block is lower than was believed.
    pub fn forget_above(&mut self, number: u64) {
        self.hashes.split_off(&(number + 1));
        self.wanted.take_if(|wanted| *wanted > number);
    }

    pub fn forget_question(&mut self) {
        self.ask = None;
    }

    /// Whether the block may be written as final; far below the final block there is nothing to doubt.
    pub fn judge(&mut self, number: u64, hash: B256, heads: &Heads) -> Verdict {
        match self.hashes.get(&number) {
            Some(known) if *known == hash => Verdict::Final,
            Some(_) => Verdict::Other,
            None if number + EDGE <= heads.finalized || !self.hashes.contains_key(&heads.finalized) => Verdict::Final,
            None => {
                self.wanted.get_or_insert(number);
                Verdict::Unknown
            }
        }
    }
}

impl<P: Payload> Engine<P> {
    pub(super) fn drive_attest(&mut self) {
        let (Mode::Leader(_), Some(heads), None) = (&self.mode, self.heads, self.finals.ask) else { return };
        if let Some(number) = self.finals.wanted.take() {
            let id = self.ask(Ask::Hashes(vec![number, heads.finalized]));
            self.finals.ask = Some((id, number, heads.finalized));
        }
    }

    /// Takes the answer, if it is one to this.
    pub(super) fn attested(&mut self, id: AskId, hashes: &Hashes) -> bool {
        let Some((_, number, finalized)) = self.finals.ask.take_if(|(asked, ..)| *asked == id) else { return false };
        // Who has the final block may have any above it.
        if number > self.heads.map_or(0, |heads| heads.finalized) {
            return true;
        }
        let hash = |height: u64| hashes.blocks.iter().find(|(number, _)| *number == height).and_then(|(_, block)| *block);
        match (hash(number), hash(finalized)) {
            (Some(block), Some(last)) if self.finals.hashes.get(&finalized) == Some(&last.hash) => {
                self.finals.insert(number, block.hash);
            }
            _ => {
                self.effects.push(Effect::Deprioritize(hashes.endpoint.clone()));
                self.watchdog.failed(self.now, format!("`{}` does not have the final block {finalized}", hashes.endpoint));
            }
        }
        true
    }

    pub(super) fn attest_failed(&mut self, id: AskId) -> bool {
        self.finals.ask.take_if(|(asked, ..)| *asked == id).is_some()
    }
}
