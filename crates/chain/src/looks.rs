//! The head as one role follows it, for as few calls as can be.
//!
//! A look is one call: for the newest block. The tags, two calls more, are asked for again only when there is another block, and where
//! the final one is far behind anyway not even for each. What they said is repeated only if they have said it in two answers
//! running: a tag that is wrong once lives no longer than until the next look.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use linkpool_primitives::BlockRef;

use crate::{Chain, Heads, Result, Told, slot_clock::SlotClock};

/// The tags are asked for at least this often.
const MAX_TAGS_INTERVAL: Duration = Duration::from_secs(60);
/// While a block is overdue: finality may go on all the same.
const OVERDUE_TAGS_INTERVAL: Duration = Duration::from_secs(12);
/// Slots without a block after which the chain stands still; where there are no slots, the time without one.
const OVERDUE_SLOTS: u32 = 3;
const OVERDUE_DELAY: Duration = Duration::from_secs(36);
/// Of the way from the final block to the head, how many blocks the tags may be late, and at most. They move once an epoch.
const PART: u64 = 16;
const MAX_BLOCKS: u64 = 8;

/// Looks of one role at its chain.
#[derive(Debug)]
pub struct Looks {
    chain: Chain,
    began: Instant,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    slot_clock: SlotClock,
    tags: Option<Tags>,
}

#[derive(Debug, Clone, Copy)]
struct Tags {
    heads: Heads,
    at: Instant,
    /// When their block was first seen.
    block_at: Instant,
    /// The answer before said the same.
    is_sure: bool,
}

impl Tags {
    /// Whether they may stand beside this newest block.
    fn hold(&self, head: &BlockRef, slot: Option<Duration>, now: Instant) -> bool {
        let (age, known) = (now.duration_since(self.at), self.heads.head);
        let late = (known.number.saturating_sub(self.heads.finalized) / PART).clamp(1, MAX_BLOCKS);
        // Where nobody knows when the next block comes, none may come for long.
        let is_new = head.hash != known.hash;
        let patience = slot.unwrap_or_default().saturating_mul(u32::try_from(late).unwrap_or(1));
        let is_short = head.number < known.number || (is_new && head.number == known.number);
        let overdue = slot.map_or(OVERDUE_DELAY, |slot| slot * OVERDUE_SLOTS);
        // Where all is final there is nothing to become so.
        let stands = !is_new && now.duration_since(self.block_at) >= overdue && known.number > self.heads.finalized;
        let longest = if stands { OVERDUE_TAGS_INTERVAL } else { MAX_TAGS_INTERVAL };
        self.is_sure && age < longest && !is_short && (!is_new || (head.number < known.number + late && age < patience))
    }
}

impl Looks {
    pub fn new(chain: Chain) -> Self {
        Self { chain, began: Instant::now(), seen: Mutex::default() }
    }

    /// Head, safe and finalized, and who told of the head.
    pub async fn heads(&self) -> Result<Told<Heads>> {
        self.look(false).await
    }

    /// The same after a subscription has told of a new block.
    pub async fn announced_heads(&self) -> Result<Told<Heads>> {
        // On a chain without slots tags hold for one block alone: it is not looked for what they will not hold for.
        let is_new = self.seen().slot_clock.slot().is_none();
        self.look(is_new).await
    }

    async fn look(&self, is_new: bool) -> Result<Told<Heads>> {
        let before = self.seen().tags;
        if let Some(tags) = before.filter(|tags| tags.is_sure && !is_new) {
            let told = self.chain.told_newest().await?;
            let slot = self.hear(&told.answer);
            if tags.hold(&told.answer, slot, Instant::now()) {
                return Ok(Told { endpoint: told.endpoint, answer: Heads { head: told.answer, ..tags.heads } });
            }
        }
        let told = self.chain.told_heads().await?;
        let heads = told.answer;
        self.hear(&heads.head);
        let is_sure = before.is_some_and(|tags| (tags.heads.safe, tags.heads.finalized) == (heads.safe, heads.finalized));
        let at = Instant::now();
        let block_at = before.filter(|tags| tags.heads.head.hash == heads.head.hash).map_or(at, |tags| tags.block_at);
        self.seen().tags = Some(Tags { heads, at, block_at, is_sure });
        Ok(told)
    }

    /// How long until the next look is worth its call, for who looks every `poll` while a block may come: on a chain that makes its
    /// blocks by the clock there is none between two of its slots.
    pub fn pause(&self, poll: Duration) -> Duration {
        self.seen().slot_clock.pause(poll, self.began.elapsed())
    }

    /// How long until the next block is most likely there, where that is known.
    pub fn next_block(&self) -> Option<Duration> {
        self.seen().slot_clock.next_block(self.began.elapsed())
    }

    fn hear(&self, head: &BlockRef) -> Option<Duration> {
        let mut seen = self.seen();
        seen.slot_clock.hear(head, self.began.elapsed());
        seen.slot_clock.slot()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use linkpool_primitives::B256;

    use super::*;

    const SLOT: Option<Duration> = Some(Duration::from_secs(12));

    fn block(number: u64, hash: u8) -> BlockRef {
        BlockRef { number, hash: B256::repeat_byte(hash), timestamp: 0 }
    }

    /// Whether tags told at block 100, with a final block, hold beside another newest block so much later.
    fn hold(finalized: u64, is_sure: bool, head: BlockRef, slot: Option<Duration>, seconds: u64) -> bool {
        let at = Instant::now();
        let tags = Tags { heads: Heads { head: block(100, 1), safe: finalized, finalized }, at, block_at: at, is_sure };
        tags.hold(&head, slot, at + Duration::from_secs(seconds))
    }

    #[test]
    fn tags_hold_for_their_block_and_for_some_more_where_finality_is_far_behind_anyway() {
        assert!(hold(36, true, block(100, 1), SLOT, 35));
        assert!(hold(100, true, block(100, 1), SLOT, 59));
        assert!(!hold(100, true, block(100, 1), SLOT, 60));
        assert!(hold(36, true, block(103, 4), SLOT, 36));
        assert!(!hold(36, true, block(104, 5), SLOT, 48));
        // Slots went by without a block.
        assert!(!hold(36, true, block(102, 3), SLOT, 48));
        assert!(!hold(99, true, block(101, 2), SLOT, 12));
    }

    #[test]
    fn on_a_chain_that_stands_still_the_final_block_is_looked_for_until_all_is_final() {
        let began = Instant::now();
        let again = |finalized, slot| {
            let tags =
                |at| Tags { heads: Heads { head: block(100, 1), safe: 100, finalized }, at, block_at: began, is_sure: true };
            let at = |seconds| began + Duration::from_secs(seconds);
            // Asked at this second, how many seconds later for the first time again.
            [0, 10, 36, 600]
                .map(|asked| (1..).find(|later| !tags(at(asked)).hold(&block(100, 1), slot, at(asked + later))).unwrap())
        };
        assert_eq!(again(36, SLOT), [36, 26, 12, 12]);
        assert_eq!(again(36, None), [36, 26, 12, 12]);
        assert_eq!(again(100, SLOT), [60; 4]);
    }

    #[test]
    fn where_no_block_is_known_to_come_soon_tags_hold_for_their_block_alone() {
        assert!(hold(36, true, block(100, 1), None, 30));
        assert!(!hold(36, true, block(101, 2), None, 0));
    }

    #[test]
    fn what_was_said_once_is_asked_for_again_and_so_is_another_branch() {
        assert!(!hold(36, false, block(100, 1), SLOT, 1));
        assert!(!hold(36, true, block(100, 9), SLOT, 1));
        assert!(!hold(36, true, block(99, 9), SLOT, 1));
    }

    /// A day of blocks every 12 s: calls for looks, and for tags.
    fn day(polls_every: Duration) -> (u64, u64) {
        let (began, slots) = (Instant::now(), 7_200u64);
        // Each comes up to two seconds late, and one slot in forty has none.
        let arrival = |slot: u64| (slot * 12_000) + 700 + (slot * 7_919) % 2_000;
        let there: Vec<u64> = (0..slots).filter(|slot| slot % 40 != 17).collect();
        let (mut slot_clock, mut tags, mut now, mut next) = (SlotClock::default(), None::<Tags>, 1_000, 0);
        let (mut looks, mut of_tags, mut late) = (0, 0, 0);
        const LEARNT: usize = 20;
        while now < slots * 12_000 {
            while there.get(next + 1).is_some_and(|slot| arrival(*slot) <= now) {
                next += 1;
                let waited = now - arrival(there[next]);
                late = late.max(if next > LEARNT { waited } else { 0 });
            }
            let head = BlockRef {
                number: next as u64,
                hash: B256::from(alloy::primitives::U256::from(next)),
                timestamp: there[next] * 12,
            };
            slot_clock.hear(&head, Duration::from_millis(now));
            let at = began + Duration::from_millis(now);
            let is_sure = tags.is_some_and(|tags| tags.is_sure);
            looks += u64::from(is_sure);
            if !tags.is_some_and(|tags| tags.hold(&head, slot_clock.slot(), at)) {
                let finalized = (next as u64 / 32).saturating_sub(2) * 32;
                let heads = Heads { head, safe: finalized + 32, finalized };
                let is_sure = tags.is_some_and(|tags| tags.heads.finalized == finalized);
                (tags, of_tags) = (Some(Tags { heads, at, block_at: at, is_sure }), of_tags + 3);
            }
            now += u64::try_from(slot_clock.pause(polls_every, Duration::from_millis(now)).as_millis()).unwrap();
        }
        assert!(u128::from(late) <= polls_every.as_millis(), "a block was seen {late} ms late");
        (looks, of_tags)
    }

    #[test]
    fn a_day_of_twelve_second_blocks_costs_a_paid_plan_little() {
        let (looks, tags) = day(Duration::from_secs(1));
        assert!((14_400..30_000).contains(&looks), "{looks} looks");
        assert!((3_000..9_000).contains(&tags), "{tags} calls with tags");
    }
}
