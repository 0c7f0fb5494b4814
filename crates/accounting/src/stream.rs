//! The stream of a node's rewards: `contracts/libraries/RewardStream.sol`.
//!
//! Rewards wait in `unvested`, vest linearly until `vest_end`, and are shared out by `acc_per_share`, the juels that
//! ever vested for one active share, times 10^18.

use crate::{
    bounds::{ACC_SCALE, MAX_ACC_PER_SHARE},
    wide::{mul_div_down, mul_div_up},
};

/// The stored stream of a node. Times are Unix seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stream {
    pub acc_per_share: u128,
    pub unvested: u128,
    /// When all of `unvested` has vested, if there is active stake all the time.
    pub vest_end: u64,
    /// The time that the other fields hold at.
    pub last_update: u64,
}

impl Stream {
    /// The stream at `now`, with `active` shares earning since `last_update`; unchanged for a time before that.
    ///
    /// What leaves `unvested` is rounded up and what positions are owed is rounded down, so the pool stays solvent.
    /// The clock stands still while nothing is active. `acc_per_share` stops at [`MAX_ACC_PER_SHARE`], as in the contract: what
    /// would lift it higher stays in `unvested`.
    #[must_use]
    pub fn accrued_to(mut self, active: u128, now: u64) -> Self {
        if self.unvested == 0 || now <= self.last_update {
            return self;
        }
        let mut remaining = self.vest_end.saturating_sub(self.last_update);
        let elapsed = now - self.last_update;
        if active != 0 {
            let vested = if elapsed >= remaining {
                self.unvested
            } else {
                mul_div_down(self.unvested, u128::from(elapsed), u128::from(remaining))
            };
            let rise = mul_div_down(vested, ACC_SCALE, active).min(MAX_ACC_PER_SHARE.saturating_sub(self.acc_per_share));
            self.acc_per_share += rise;
            self.unvested = self.unvested.saturating_sub(mul_div_up(rise, active, ACC_SCALE));
            remaining = remaining.saturating_sub(elapsed);
        }
        self.vest_end = now.saturating_add(remaining);
        self.last_update = now;
        self
    }

    /// The stream after a net reward of `amount` at `now`. The time until all has vested becomes the mean of the time that was left
    /// and a full `vest_seconds`, weighted by amount.
    ///
    /// The caller has accrued the stream to the same `now`: what had not been accrued would begin to vest anew.
    #[must_use]
    pub fn with_reward(self, amount: u128, now: u64, vest_seconds: u64) -> Self {
        let remaining = self.vest_end.saturating_sub(now);
        // Neither product comes near 2^128: all LINK there is are less than 2^90 juels, and a vesting time is less than 2^20 seconds.
        let weighted =
            self.unvested.saturating_mul(u128::from(remaining)).saturating_add(amount.saturating_mul(u128::from(vest_seconds)));
        let unvested = self.unvested + amount;
        // A mean is no longer than the longer of the two. Where nothing vests, any time will do.
        let until_vested = weighted.checked_div(unvested).and_then(|mean| u64::try_from(mean).ok()).unwrap_or(vest_seconds);
        Self { unvested, vest_end: now.saturating_add(until_vested), last_update: now, ..self }
    }
}

/// What `shares` earned since the stream began, rounded down.
pub fn earned_down(shares: u128, acc_per_share: u128) -> u128 {
    mul_div_down(shares, acc_per_share, ACC_SCALE)
}

/// What `shares` earned since the stream began, rounded up.
pub fn earned_up(shares: u128, acc_per_share: u128) -> u128 {
    mul_div_up(shares, acc_per_share, ACC_SCALE)
}

/// What a position can claim: what its shares earned since the stream began, less its debt.
///
/// The debt is what of that is not the position's, or not any more: it rises by what shares had earned when they came, rounded up, and by
/// what was claimed, and falls by what shares had earned when they left. Rounding can leave the difference a juel below zero: then
/// there is nothing.
pub fn claimable(shares: u128, debt: i128, acc_per_share: u128) -> u128 {
    let earned = i128::try_from(earned_down(shares, acc_per_share)).unwrap_or(i128::MAX);
    u128::try_from(earned.saturating_sub(debt)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINK: u128 = ACC_SCALE;
    const VEST: u64 = 7 * 86_400;
    /// All LINK there is.
    const SUPPLY: u128 = 1_000_000_000 * LINK;

    fn stream() -> impl Strategy<Value = Stream> {
        (0..=MAX_ACC_PER_SHARE, 0..=SUPPLY, 0..=VEST, 0u64..1 << 39).prop_map(|(acc_per_share, unvested, left, last_update)| {
            Stream { acc_per_share, unvested, vest_end: last_update + left, last_update }
        })
    }

    /// Active shares: none, few, and as many as there can be.
    fn active() -> impl Strategy<Value = u128> {
        prop_oneof![Just(0), 1..1_000u128, 1_000..LINK, LINK..SUPPLY]
    }

    #[test]
    fn half_of_a_reward_has_vested_half_way() {
        let stream = Stream::default().with_reward(700 * LINK, 1_000, VEST);
        assert_eq!(stream.vest_end, 1_000 + VEST);
        let half = stream.accrued_to(100 * LINK, 1_000 + VEST / 2);
        assert_eq!(half.unvested, 350 * LINK);
        assert_eq!(claimable(40 * LINK, 0, half.acc_per_share), 140 * LINK);
        let all = half.accrued_to(100 * LINK, 1_000 + 2 * VEST);
        assert_eq!((all.unvested, claimable(100 * LINK, 0, all.acc_per_share)), (0, 700 * LINK));
    }

    #[test]
    fn the_clock_stands_still_while_nothing_is_active() {
        let stream = Stream::default().with_reward(LINK, 0, VEST).accrued_to(0, 5 * VEST);
        assert_eq!((stream.unvested, stream.vest_end, stream.last_update), (LINK, 6 * VEST, 5 * VEST));
    }

    #[test]
    fn a_debt_above_what_was_earned_is_nothing_to_claim() {
        assert_eq!(claimable(10, 5, 0), 0);
        assert_eq!(claimable(0, -5, 0), 5);
    }

    proptest! {
        #[test]
        fn accrual_is_monotone_and_pays_no_more_than_leaves_unvested(stream in stream(), active in active(), elapsed in 0u64..4 * VEST) {
            let later = stream.accrued_to(active, stream.last_update + elapsed);
            prop_assert!(later.acc_per_share >= stream.acc_per_share && later.acc_per_share <= MAX_ACC_PER_SHARE);
            prop_assert!(later.unvested <= stream.unvested);
            let gain = earned_down(active, later.acc_per_share) - earned_down(active, stream.acc_per_share);
            prop_assert!(gain <= stream.unvested - later.unvested);
            prop_assert!(later.vest_end.saturating_sub(later.last_update) <= VEST);
        }

        #[test]
        fn a_reward_moves_the_end_by_at_most_its_weight(stream in stream(), amount in 1..SUPPLY) {
            let now = stream.last_update;
            let added = stream.with_reward(amount, now, VEST);
            prop_assert!(added.vest_end >= stream.vest_end.max(now).min(now + VEST).saturating_sub(1));
            prop_assert!(added.vest_end <= now + VEST);
            let moved = u128::from(added.vest_end.saturating_sub(stream.vest_end));
            let bound = u128::from(VEST) * amount / (stream.unvested + amount) + 1;
            prop_assert!(moved <= bound);
        }

        #[test]
        fn a_new_position_has_nothing_to_claim(stream in stream(), shares in active()) {
            let debt = i128::try_from(earned_up(shares, stream.acc_per_share)).unwrap();
            prop_assert_eq!(claimable(shares, debt, stream.acc_per_share), 0);
        }
    }
}
