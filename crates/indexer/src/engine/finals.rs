//! Which hashes are final. A backend on a dead branch answers for heights that another one calls final; nothing of its answer
//! shows that. So close to the final block, where branches can still part, a block counts as final only when an endpoint has both
//! it and the final block whose hash we were told.

use std::collections::BTreeMap;

use linkpool_primitives::B256;

use super::message::{AskId, Heads};

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

    pub fn insert(&mut self, number: u64, hash: B256) {
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

    pub fn is_known(&self, number: u64, hash: B256) -> bool {
        self.hashes.get(&number) == Some(&hash)
    }

    /// The block to ask about, if none is being asked about.
    pub fn next_wanted(&mut self) -> Option<u64> {
        if self.ask.is_some() { None } else { self.wanted.take() }
    }

    pub fn asked(&mut self, id: AskId, number: u64, finalized: u64) {
        self.ask = Some((id, number, finalized));
    }

    /// Takes the question back, if it is this one: the block, and the final one beside it.
    pub fn close(&mut self, id: AskId) -> Option<(u64, u64)> {
        self.ask.take_if(|(asked, ..)| *asked == id).map(|(_, number, finalized)| (number, finalized))
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
