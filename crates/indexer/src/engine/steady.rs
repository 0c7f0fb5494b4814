//! What of an endpoint's heads is acted on. A head or a final block far beyond the chain's is told now and then, once, by a backend
//! of another chain or by a cache; blocks that do not exist would then be asked for for ever. So what decides which blocks count as
//! settled must be told in two answers running, and what was asked for above the end that is then told is dropped.

use linkpool_primitives::B256;

use super::message::Heads;

/// A head may fall so far without anything being dropped: endpoints lag.
const LAG: u64 = 64;

/// The ends of the chain, as far as two answers agree on them.
#[derive(Debug, Default)]
pub(super) struct Steady {
    last: Option<Heads>,
    /// Only one answer has come.
    is_young: bool,
    /// On a chain that finalizes nothing, what is far enough below is settled.
    pub head: u64,
    finalized: (u64, Option<B256>),
}

impl Steady {
    /// Takes an answer, and puts in place of its final block the highest that two answers running have told of. Whether there is
    /// one: what the very first tells counts for nothing before the second. Blocks would be written as final on one word, and where it
    /// was false, the next reorg of them looks like one below finality, which ends everything.
    pub fn hear(&mut self, heads: &mut Heads) -> bool {
        let told = (heads.finalized, heads.finalized_hash);
        let Some(last) = self.last.replace(*heads) else {
            self.is_young = true;
            return false;
        };
        let was_young = std::mem::take(&mut self.is_young);
        let head = last.head.number.min(heads.head.number);
        if was_young || head > self.head || head + LAG < self.head {
            self.head = head;
        }
        let agreed = if told.0 <= last.finalized { told } else { (last.finalized, last.finalized_hash) };
        // What is final stays so, whichever backend answers, unless the chain is said to end below it.
        if was_young || agreed.0 > self.finalized.0 || self.finalized.0 > heads.head.number {
            self.finalized = agreed;
        } else if agreed.0 == self.finalized.0 {
            self.finalized.1 = self.finalized.1.or(agreed.1);
        }
        (heads.finalized, heads.finalized_hash) = self.finalized;
        true
    }

    /// Another hash was told of the final block, too: it is to be told anew.
    pub fn unlearn(&mut self, finalized: u64) {
        if self.finalized.0 == finalized {
            self.finalized.1 = None;
        }
        if let Some(last) = self.last.as_mut().filter(|last| last.finalized == finalized) {
            last.finalized_hash = None;
        }
    }
}
