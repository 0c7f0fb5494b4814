//! Shares of a node's stake: `contracts/libraries/Shares.sol`. `assets` juels belong to `total` shares.
//!
//! Rewards never enter `assets` and penalties only lower it, so assets <= total, and a share is worth at most a juel.

use crate::{
    bounds::{ACC_SCALE, MIN_ACTIVE_SHARES},
    wide::{mul_div_down, mul_div_up},
};

/// The shares minted for `amount`, rounded down: a newcomer never dilutes those who are there.
pub fn minted_down(amount: u128, total: u128, assets: u128) -> u128 {
    if total == 0 { amount } else { mul_div_down(amount, total, assets) }
}

/// What `shares` are paid, rounded down; the last shares take all that is left.
pub fn paid_down(shares: u128, total: u128, assets: u128) -> u128 {
    if shares == total { assets } else { mul_div_down(shares, assets, total) }
}

/// What `shares` are worth, rounded up, to be held against a cap.
pub fn value_up(shares: u128, total: u128, assets: u128) -> u128 {
    if shares == 0 { 0 } else { mul_div_up(shares, assets, total) }
}

/// How much may still be staked under `cap` with `active` shares there; staking that much or less never exceeds it.
pub fn available(cap: u128, active: u128, total: u128, assets: u128) -> u128 {
    cap.saturating_sub(value_up(active, total, assets))
}

/// How much somebody without a position may stake: the room, or nothing where it is too small for a valid position.
pub fn available_to_newcomer(cap: u128, active: u128, total: u128, assets: u128) -> u128 {
    let available = available(cap, active, total, assets);
    if minted_down(available, total, assets) < MIN_ACTIVE_SHARES { 0 } else { available }
}

/// Juels a share, times 10^18, rounded down; 10^18 while there are no shares.
pub fn price_wad_down(total: u128, assets: u128) -> u128 {
    if total == 0 { ACC_SCALE } else { mul_div_down(assets, ACC_SCALE, total) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A node that never fell below half price: 1 <= assets <= total <= 2 * assets.
    fn node() -> impl Strategy<Value = (u128, u128)> {
        (1u128..1 << 90).prop_flat_map(|assets| (assets..=2 * assets, Just(assets)))
    }

    #[test]
    fn the_first_juel_is_one_share() {
        assert_eq!(minted_down(7, 0, 0), 7);
        assert_eq!(paid_down(7, 7, 5), 5);
        assert_eq!(value_up(0, 0, 0), 0);
        assert_eq!(available(100, 50, 100, 99), 50);
        assert_eq!(price_wad_down(0, 0), ACC_SCALE);
    }

    #[test]
    fn a_node_filled_to_less_than_a_link_below_its_cap_takes_no_newcomer() {
        let (cap, link) = (100 * ACC_SCALE, ACC_SCALE);
        assert_eq!(available_to_newcomer(cap, 99 * link, 99 * link, 99 * link), link);
        assert_eq!(available_to_newcomer(cap, 99 * link + 1, 99 * link + 1, 99 * link + 1), 0);
        // At half price half a LINK is a share's worth of room.
        assert_eq!(available_to_newcomer(cap, 199 * link, 199 * link, 199 * link / 2), link / 2);
    }

    proptest! {
        #[test]
        fn every_juel_mints_a_share_and_a_round_trip_never_gains((total, assets) in node(), amount in 1u128..1 << 90) {
            let minted = minted_down(amount, total, assets);
            prop_assert!(minted >= amount);
            let (total, assets) = (total + minted, assets + amount);
            prop_assert!(assets <= total);
            let back = paid_down(minted, total, assets);
            prop_assert!(back <= amount && back + 1 >= amount);
        }

        #[test]
        fn a_stake_never_lowers_the_price_and_a_withdrawal_never_raises_it((total, assets) in node(), amount in 1u128..1 << 90, part in 1u32..=10_000) {
            use alloy_primitives::U256;
            let wide = |a: u128, b: u128| U256::from(a) * U256::from(b);
            let minted = minted_down(amount, total, assets);
            // (A + a) * S <= A * S' + A
            prop_assert!(wide(assets + amount, total) <= wide(assets, total + minted) + U256::from(assets));
            let shares = mul_div_down(total, u128::from(part), 10_000);
            let (left, rest) = (total - shares, assets - paid_down(shares, total, assets));
            // A' <= A * S' / S + 1
            prop_assert!(wide(rest, total) <= wide(assets, left) + U256::from(total));
        }

        #[test]
        fn staking_the_room_keeps_within_the_cap((total, assets) in node(), active_bps in 0u128..=10_000, cap in 0u128..1 << 90) {
            let active = mul_div_down(total, active_bps, 10_000);
            let amount = available(cap, active, total, assets);
            if amount > 0 {
                let minted = minted_down(amount, total, assets);
                prop_assert!(value_up(active + minted, total + minted, assets + amount) <= cap);
            }
        }

        #[test]
        fn parts_never_add_up_to_more_than_the_whole((total, assets) in node(), split in 0u32..=10_000) {
            let part = mul_div_down(total, u128::from(split), 10_000);
            let sum = paid_down(part, total, assets) + paid_down(total - part, total, assets);
            prop_assert!(sum <= assets);
            prop_assert!(price_wad_down(total, assets) <= ACC_SCALE);
        }
    }
}
