//! Who gave which logs, so that an endpoint that left some out can be named when another has them.

use std::collections::{BTreeMap, VecDeque};

use super::message::{EndpointName, Fetched, Payload};

/// What an answer has of one block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Found {
    logs: u32,
    /// Of their indexes, so that one too many and one too few do not hide each other.
    digest: u64,
}

/// One answer: its blocks with logs, and what it has of each.
#[derive(Debug)]
pub(super) struct SourcedRange {
    from: u64,
    to: u64,
    blocks: BTreeMap<u64, Found>,
    endpoint: EndpointName,
}

impl SourcedRange {
    pub fn of<P: Payload>(from: u64, to: u64, fetched: &Fetched<P>) -> Self {
        let mut blocks: BTreeMap<u64, Found> = BTreeMap::new();
        for position in fetched.payload.log_positions() {
            let found = blocks.entry(position.number).or_default();
            found.logs += 1;
            // Squares, because sums of the numbers themselves are soon equal.
            found.digest = found.digest.wrapping_add((u64::from(position.index) + 1).pow(2));
        }
        Self { from, to, blocks, endpoint: fetched.endpoint.clone() }
    }

    /// The same, as far as that block.
    pub fn up_to(mut self, last: u64) -> Self {
        self.to = self.to.min(last);
        self.blocks.split_off(&(last + 1));
        self
    }

    /// The same, without what lies below.
    fn from(&self, first: u64) -> Self {
        let blocks = self.blocks.range(first..).map(|(number, found)| (*number, *found)).collect();
        Self { from: self.from.max(first), to: self.to, blocks, endpoint: self.endpoint.clone() }
    }

    pub fn logs(&self, block: u64) -> u32 {
        self.blocks.get(&block).map_or(0, |found| found.logs)
    }

    /// Whether `now` has more logs of one of these blocks, or as many and others.
    fn lacks(&self, now: &Self, first: u64, last: u64) -> bool {
        now.blocks.range(first..=last).any(|(number, now)| {
            let gave = self.blocks.get(number).copied().unwrap_or_default();
            gave.logs <= now.logs && gave != *now
        })
    }
}

/// Who gave which range, for as long as a later contradiction may point back at it.
#[derive(Debug, Default)]
pub(super) struct Provenance(VecDeque<SourcedRange>);

impl Provenance {
    const MAX_RANGES: usize = 256;

    pub fn push(&mut self, sourced: SourcedRange) {
        if self.0.len() == Self::MAX_RANGES {
            self.0.pop_front();
        }
        self.0.push_back(sourced);
    }

    /// What `sourced` was put in place of is no longer written.
    pub fn replace(&mut self, sourced: SourcedRange) {
        self.forget_above(sourced.from.saturating_sub(1));
        self.push(sourced);
    }

    /// Remembers what `others` have of these blocks.
    pub fn keep(&mut self, others: &Self, first: u64, last: u64) {
        let parts = others.0.iter().filter(|sourced| sourced.from <= last && sourced.to >= first);
        parts.for_each(|sourced| self.push(sourced.from(first).up_to(last)));
    }

    /// The first block of the answer that held `block`, so that it can be compared with another whole.
    pub fn start_of(&self, block: u64) -> u64 {
        self.0.iter().find(|sourced| (sourced.from..=sourced.to).contains(&block)).map_or(block, |sourced| sourced.from)
    }

    /// Endpoints whose answers lack logs that `now` has, with the blocks in question.
    pub fn short(&self, now: &SourcedRange) -> Vec<(EndpointName, u64, u64)> {
        let overlap = |sourced: &SourcedRange| (sourced.from.max(now.from), sourced.to.min(now.to));
        let short = self.0.iter().filter(|sourced| {
            let (first, last) = overlap(sourced);
            first <= last && sourced.lacks(now, first, last)
        });
        short.map(|sourced| (sourced.endpoint.clone(), overlap(sourced).0, overlap(sourced).1)).collect()
    }

    /// Nothing up to there can be contradicted any more.
    pub fn forget_up_to(&mut self, block: u64) {
        self.0.retain(|sourced| sourced.to > block);
        for sourced in &mut self.0 {
            *sourced = sourced.from(block + 1);
        }
    }

    /// Answers above `ancestor` were replaced.
    pub fn forget_above(&mut self, ancestor: u64) {
        self.0.retain(|sourced| sourced.from <= ancestor);
        for sourced in &mut self.0 {
            sourced.to = sourced.to.min(ancestor);
            sourced.blocks.split_off(&(ancestor + 1));
        }
    }
}
