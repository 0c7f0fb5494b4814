//! Blocks that have become final are read once more: nodes leave out logs of blocks they have only just seen, and of heights
//! that were reorganized, without an error ([geth 26098](https://github.com/ethereum/go-ethereum/issues/26098)). More logs than
//! were written mean that the writer was lied to. Fewer mean that this answer is incomplete, or that a row is written which the
//! chain does not have: rows go only when two answers agree, of two endpoints where there are two, and a third by hash does too.

use super::message::{EndpointName, Millis};

const FIRST_PAUSE_MS: Millis = 50;
const LONGEST_PAUSE_MS: Millis = 5_000;

/// An endpoint's word that a block has fewer logs than are written.
#[derive(Debug)]
pub(super) struct RecheckMismatch {
    pub endpoint: EndpointName,
    pub block: u64,
    pub logs: u32,
}

/// The newest doubt of each endpoint.
#[derive(Debug, Default)]
pub(super) struct RecheckMismatches(Vec<RecheckMismatch>);

impl RecheckMismatches {
    /// Whether it was said before: by another endpoint, or, where there is only one, by itself.
    pub fn is_shared(&mut self, mismatch: RecheckMismatch, endpoints: usize) -> bool {
        let is_same = |other: &RecheckMismatch| {
            (other.block, other.logs) == (mismatch.block, mismatch.logs)
                && (endpoints == 1 || other.endpoint != mismatch.endpoint)
        };
        let is_shared = self.0.iter().any(is_same);
        self.0.retain(|other| other.endpoint != mismatch.endpoint);
        self.0.push(mismatch);
        is_shared
    }

    pub fn drain(&mut self) -> Vec<RecheckMismatch> {
        std::mem::take(&mut self.0)
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

    pub fn asked(&mut self, now: Millis) {
        self.next = now + (FIRST_PAUSE_MS << self.tries.min(10)).min(LONGEST_PAUSE_MS);
        self.tries += 1;
    }
}
