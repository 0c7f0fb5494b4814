//! Ranges that fail without anybody saying that they are too long. There are more ways of saying it than anyone has listed, and a
//! request that outlives its time says nothing at all, so words only make it faster: a range that fails twice while the heads are
//! answered is halved, and from then on with each failure.

use std::collections::BTreeMap;

use super::{message::Millis, question::Part};

/// Failures of a range that mean nothing yet.
const UNLUCKY: u32 = 1;
/// Ranges that are remembered; the oldest blocks are forgotten first.
const MAX_REFUSALS: usize = 64;

/// Ranges that failed, by what they are asked for and their first block: an answer by range says nothing about one by hash.
#[derive(Debug, Default)]
pub(super) struct Refusals(BTreeMap<(Part, u64), Refused>);

#[derive(Debug, Default)]
struct Refused {
    failures: u32,
    /// When the count began.
    since: Millis,
    blocks: u64,
}

impl Refusals {
    /// A range of so many blocks failed. Whether it may be too long: it failed before, and the heads were answered
    /// in between.
    pub fn fails(&mut self, key: (Part, u64), blocks: u64, now: Millis, heads_told: Millis) -> bool {
        if self.0.len() >= MAX_REFUSALS && !self.0.contains_key(&key) {
            self.0.pop_first();
        }
        let refused = self.0.entry(key).or_insert(Refused { since: now, ..Refused::default() });
        refused.failures += 1;
        refused.blocks = blocks;
        if refused.failures <= UNLUCKY || heads_told <= refused.since {
            return false;
        }
        // What is left of it is under suspicion already.
        *refused = Refused { failures: UNLUCKY, since: now, blocks: blocks / 2 };
        true
    }

    /// A range was answered; a shorter one says nothing about the one that failed.
    pub fn answered(&mut self, key: (Part, u64), blocks: u64) {
        if self.0.get(&key).is_some_and(|refused| blocks >= refused.blocks) {
            self.0.remove(&key);
        }
    }
}
