//! Which hashes are final. A backend on a dead branch answers for heights that another one calls final; nothing of its answer
//! shows that. So close to the final block, where branches can still part, a block counts as final only when it lies in an
//! unbroken run of parents below the final block, whose hash we were told. Behind one name there may be several backends, even
//! within one batch: two hashes side by side prove nothing, links do.

use std::collections::BTreeMap;

use linkpool_primitives::{B256, BlockRef};

use super::message::{AskId, Heads};

/// No branch that somebody still serves parts from the chain this far below its final block.
const EDGE: u64 = 256;
/// A run that is to prove something is no shorter, unless the chain is.
const SHORTEST_RUN: u64 = 32;
/// Longer ones are asked for piece by piece: who answers one call at a time has to be done with a piece in time.
const LONGEST_PIECE: u64 = 64;
const MAX_HASHES: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// One endpoint called it final.
    Told,
    /// It is in a run of parents that ends in what was told by another answer.
    Linked,
}

/// Of which answers a hash comes that is to be final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Each of its block's ancestors down to what is written came with it.
    Chain,
    /// It stood at the end of a range.
    End,
}

/// Hashes that are known to be final, by height.
#[derive(Debug, Default)]
pub(super) struct Finals {
    hashes: BTreeMap<u64, (B256, Source)>,
    /// The final block of which two hashes were told.
    doubted: Option<u64>,
    /// How far down the run is wanted.
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
    /// What the newest heads say. The first hash at a height stays until a run of parents ends in another: what is final does not
    /// change.
    pub fn learn(&mut self, heads: &Heads) {
        if let Some(hash) = heads.finalized_hash {
            self.hashes.entry(heads.finalized).or_insert((hash, Source::Told));
            self.doubted.take_if(|doubted| *doubted <= heads.finalized);
            self.shorten();
        }
    }

    /// Takes a run of parents, if it ends in what is known to be final. Where it ends in another block than was told, one of the two
    /// is of another branch, and neither counts.
    pub fn link(&mut self, run: &[BlockRef]) -> bool {
        let Some(last) = run.last() else { return false };
        let known = |block: &BlockRef| self.hashes.get(&block.number).copied();
        if known(last).is_some_and(|(hash, source)| hash != last.hash && source == Source::Told) {
            self.hashes.remove(&last.number);
            self.doubted = Some(last.number);
            return false;
        }
        let differs = |block| known(block).is_some_and(|(hash, source)| hash != block.hash && source == Source::Linked);
        if known(last).is_none() || run.iter().any(differs) {
            return false;
        }
        self.hashes.extend(run.iter().map(|block| (block.number, (block.hash, Source::Linked))));
        self.shorten();
        true
    }

    fn shorten(&mut self) {
        while self.hashes.len() > MAX_HASHES {
            self.hashes.pop_first();
        }
    }

    /// The final block is lower than was believed.
    pub fn forget_above(&mut self, number: u64) {
        self.hashes.split_off(&(number + 1));
        self.wanted.take_if(|wanted| *wanted > number);
    }

    /// The run to ask for, if one is wanted and none is being asked for: it continues downwards what is linked.
    pub fn next_run(&mut self, finalized: u64) -> Option<(u64, u64)> {
        if self.ask.is_some() {
            return None;
        }
        let wanted = self.wanted.take()?;
        let is_linked = |number: u64| self.hashes.get(&number).is_some_and(|(_, source)| *source == Source::Linked);
        let mut end = finalized;
        while end > wanted && is_linked(end) && is_linked(end - 1) {
            end -= 1;
        }
        Some((wanted.max(end.saturating_sub(LONGEST_PIECE - 1)).min(end), end))
    }

    pub fn asked(&mut self, id: AskId, from: u64, to: u64) {
        self.ask = Some((id, from, to));
    }

    /// Takes the question back, if it is this one: the run that was asked for.
    pub fn close(&mut self, id: AskId) -> Option<(u64, u64)> {
        self.ask.take_if(|(asked, ..)| *asked == id).map(|(_, from, to)| (from, to))
    }

    pub fn forget_question(&mut self) {
        self.ask = None;
    }

    /// Whether the block may be written as final; far below the final block there is nothing to doubt.
    pub fn judge(&mut self, number: u64, hash: B256, evidence: Evidence, heads: &Heads) -> Verdict {
        match self.hashes.get(&number) {
            Some((known, Source::Linked)) if *known == hash => return Verdict::Final,
            Some((known, Source::Told)) if *known == hash && evidence == Evidence::Chain => return Verdict::Final,
            Some((_, Source::Linked)) => return Verdict::Other,
            None if number + EDGE <= heads.finalized => return Verdict::Final,
            Some((_, Source::Told)) | None => {}
        }
        if self.hashes.contains_key(&heads.finalized) {
            // Who wants an answer that is under way asks again if it does not come.
            if self.ask.is_none() {
                self.wanted.get_or_insert(number.min(heads.finalized.saturating_sub(SHORTEST_RUN - 1)).max(1));
            }
            return Verdict::Unknown;
        }
        // Who can't tell the hash is not asked to link to it; who told two shall tell it anew.
        if self.doubted.is_some() { Verdict::Unknown } else { Verdict::Final }
    }
}
