//! When a chain's next block is due. Chains that make blocks by the clock (Ethereum: every 12 s, a slot now and then left out) have
//! times that lie on a grid, and between two of its points there is nothing to look for.

use std::{collections::VecDeque, time::Duration};

use linkpool_primitives::BlockRef;

/// Blocks that are remembered.
const BLOCKS: usize = 9;
/// Blocks that must have been seen: what fits fewer may fit by chance.
const ENOUGH: usize = 6;
/// A chain with shorter slots is looked at as often as is asked for, and the longest that is believed.
const SHORTEST: u64 = 4;
const LONGEST: u64 = 30;

#[derive(Debug, Clone, Copy)]
struct SeenBlock {
    number: u64,
    /// The chain's clock, in seconds.
    timestamp: u64,
    /// Ours, in milliseconds from wherever it starts.
    seen: i128,
}

/// The last blocks of one chain, as they came. Chain and we need not agree on the time of day.
#[derive(Debug, Default)]
pub(crate) struct SlotClock(VecDeque<SeenBlock>);

impl SlotClock {
    /// A head was seen, `seen` after a moment that stays the same.
    pub fn hear(&mut self, block: &BlockRef, seen: Duration) {
        let seen_block = SeenBlock { number: block.number, timestamp: block.timestamp, seen: millis(seen) };
        match self.0.back() {
            Some(last) if last.number == seen_block.number => return,
            // Another branch, or an endpoint that lags: what comes next decides.
            Some(last) if last.number > seen_block.number => self.0.clear(),
            _ => {}
        }
        if self.0.len() == BLOCKS {
            self.0.pop_front();
        }
        self.0.push_back(seen_block);
    }

    /// The time from one slot to the next, where the blocks that were seen lie on a grid, at most one a slot.
    pub fn slot(&self) -> Option<Duration> {
        let steps = || self.0.iter().zip(self.0.iter().skip(1));
        let slot = steps().fold(0, |slot, (one, next)| gcd(slot, next.timestamp.saturating_sub(one.timestamp)));
        let fits = |(one, next): (&SeenBlock, &SeenBlock)| {
            (next.number - one.number).saturating_mul(slot) <= next.timestamp.saturating_sub(one.timestamp)
        };
        let is_grid = self.0.len() >= ENOUGH && (SHORTEST..=LONGEST).contains(&slot) && steps().all(fits);
        is_grid.then(|| Duration::from_secs(slot))
    }

    /// How long after `now` it is worth to look again, of who looks every `poll` while a block may come: from a twelfth of a slot
    /// before the earliest that one has come in its slot, for half a slot. Where there is no grid that is always.
    pub fn pause(&self, poll: Duration, now: Duration) -> Duration {
        let Some((since, slot)) = self.since(now) else { return poll };
        let (early, late) = (slot - slot / 12, slot / 2);
        let phase = since.rem_euclid(slot);
        // In the first slot the block is there.
        let is_due = phase >= early || (since >= slot && phase < late);
        if is_due { poll } else { duration(early - phase).max(poll) }
    }

    /// How long after `now` the next block is most likely there: a sixth of a slot after the earliest. `None` where nobody knows.
    pub fn next_block(&self, now: Duration) -> Option<Duration> {
        let (since, slot) = self.since(now)?;
        let ripe = slot + slot / 6;
        Some(duration(if since < ripe { ripe - since } else { slot - (since - ripe).rem_euclid(slot) }))
    }

    /// Time since the newest block was due, had it come as early in its slot as the earliest did; and the slot.
    fn since(&self, now: Duration) -> Option<(i128, i128)> {
        let slot = millis(self.slot()?);
        let time = |seen_block: &SeenBlock| i128::from(seen_block.timestamp) * 1_000;
        let earliest = self.0.iter().map(|seen_block| seen_block.seen - time(seen_block)).min()?;
        let last = self.0.back()?;
        Some(((millis(now) - time(last) - earliest).max(0), slot))
    }
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

fn millis(duration: Duration) -> i128 {
    i128::try_from(duration.as_millis()).unwrap_or(i128::MAX)
}

fn duration(milliseconds: i128) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use linkpool_primitives::B256;

    use super::*;

    const POLL_INTERVAL: Duration = Duration::from_secs(1);

    /// Blocks as number, chain's time, and milliseconds by which each is seen late by a clock that began 1,000 s before.
    fn heard(blocks: &[(u64, u64, u64)]) -> SlotClock {
        let mut slot_clock = SlotClock::default();
        for (number, timestamp, late) in blocks {
            let block = BlockRef { number: *number, hash: B256::ZERO, timestamp: 1_700_000_000 + timestamp };
            slot_clock.hear(&block, Duration::from_millis((1_000 + timestamp) * 1_000 + late));
        }
        slot_clock
    }

    fn every(seconds: &[u64]) -> Vec<(u64, u64, u64)> {
        let mut time = 0;
        let block = |(number, seconds): (u64, &u64)| {
            time += seconds;
            (number, time, 0)
        };
        (1..).zip(seconds).map(block).collect()
    }

    #[test]
    fn the_slot_is_what_all_times_are_multiples_of() {
        let slot = |seconds: &[u64]| heard(&every(seconds)).slot().map(|slot| slot.as_secs());
        assert_eq!(slot(&[12; 8]), Some(12));
        assert_eq!(slot(&[12, 12, 24, 12, 36, 12, 12]), Some(12));
        assert_eq!(slot(&[5; 6]), Some(5));
        // Too few, too fast, and blocks that come when somebody wants them.
        assert_eq!(slot(&[12; 5]), None);
        assert_eq!(slot(&[2; 8]), None);
        assert_eq!(slot(&[12, 13, 40, 7, 61, 12, 3]), None);
        assert_eq!(slot(&[31; 8]), None);
        // One that is made out of turn ends the grid.
        assert_eq!(slot(&[12, 12, 12, 12, 12, 12, 12, 1]), None);
    }

    #[test]
    fn blocks_that_were_not_looked_at_make_no_longer_slot() {
        // A block a second, of which each twelfth was seen.
        let seen: Vec<_> = (1..9).map(|step| (step * 12, step * 12, 0)).collect();
        assert_eq!(heard(&seen).slot(), None);
        // Two in each 24 s: nobody has seen when the first of them came.
        let seen: Vec<_> = (1..9).map(|step| (step * 2, step * 24, 0)).collect();
        assert_eq!(heard(&seen).slot(), None);
    }

    /// Seconds of the slot, after the newest block, at which there is a look.
    fn looks(slot_clock: &SlotClock, from: u64, to: u64) -> Vec<u64> {
        let mut at = Duration::from_secs(from);
        let mut looks = Vec::new();
        loop {
            at += slot_clock.pause(POLL_INTERVAL, at);
            if at.as_secs() > to {
                return looks;
            }
            looks.push(at.as_secs());
        }
    }

    #[test]
    fn there_is_a_look_every_poll_while_a_block_may_come_and_none_between() {
        let mut blocks = every(&[12; 8]);
        // Each is seen one to two seconds after its time.
        blocks.iter_mut().for_each(|(number, _, late)| *late = 1_000 + *number * 100);
        let slot_clock = heard(&blocks);
        let last = 1_000 + 96 + 1;
        assert_eq!(looks(&slot_clock, last, last + 17), [11, 12, 13, 14, 15, 16, 17].map(|second| last + second));
        // A slot without a block, and the next.
        assert_eq!(looks(&slot_clock, last + 18, last + 26), [19, 23, 24, 25, 26].map(|second| last + second));
        assert_eq!(slot_clock.next_block(Duration::from_secs(last + 3)), Some(Duration::from_millis(11_100)));
    }

    #[test]
    fn without_a_grid_there_is_a_look_every_poll() {
        let slot_clock = heard(&every(&[3, 17, 1, 1, 60, 2, 9]));
        assert_eq!(looks(&slot_clock, 1_200, 1_204), [1_201, 1_202, 1_203, 1_204]);
        assert_eq!(slot_clock.next_block(Duration::from_secs(1_200)), None);
    }

    #[test]
    fn a_shorter_chain_begins_anew() {
        let mut slot_clock = heard(&every(&[12; 8]));
        assert!(slot_clock.slot().is_some());
        slot_clock.hear(&BlockRef { number: 3, hash: B256::ZERO, timestamp: 1_700_000_036 }, Duration::from_secs(1_200));
        assert!(slot_clock.slot().is_none());
    }
}
