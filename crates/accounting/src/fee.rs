//! The maker fee, and ratios in basis points.

use crate::{bounds::BPS, wide::mul_div_down};

/// The part of a reward that goes to the fee recipient, rounded down; the stakers get the rest.
pub fn fee_down(amount: u128, fee_bps: u32) -> u128 {
    mul_div_down(amount, u128::from(fee_bps), u128::from(BPS))
}

/// floor(part * 10^4 / whole); 0 when the whole is 0.
pub fn ratio_bps_down(part: u128, whole: u128) -> u128 {
    mul_div_down(part, u128::from(BPS), whole)
}

/// Seconds in a year of 365 days.
const YEAR_SECONDS: u64 = 365 * 86_400;

/// What `earned` in `seconds` comes to in a year, in basis points of `stake`, without compounding, rounded down;
/// `None` while there is no stake or no time to judge by, or beyond 2^64 basis points.
pub fn annual_bps_down(earned: u128, seconds: u64, stake: u128) -> Option<u64> {
    let basis = stake.checked_mul(u128::from(seconds)).filter(|basis| *basis > 0)?;
    u64::try_from(mul_div_down(earned, u128::from(YEAR_SECONDS) * u128::from(BPS), basis)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_week_that_earns_a_thousandth_is_five_percent_a_year() {
        let link = crate::ACC_SCALE;
        assert_eq!(annual_bps_down(100 * link, 7 * 86_400, 100_000 * link), Some(521));
        assert_eq!(annual_bps_down(1, 0, 1), None);
        assert_eq!(annual_bps_down(1, 1, 0), None);
    }

    #[test]
    fn a_thousand_link_at_four_percent_pays_forty() {
        let link = crate::ACC_SCALE;
        assert_eq!(fee_down(1_000 * link, 400), 40 * link);
        assert_eq!(fee_down(24, 400), 0);
        assert_eq!(fee_down(25, 400), 1);
    }

    #[test]
    fn a_ratio_of_nothing_is_zero() {
        assert_eq!(ratio_bps_down(5, 0), 0);
        assert_eq!(ratio_bps_down(1, 3), 3_333);
    }

    proptest! {
        #[test]
        fn the_fee_is_at_most_its_share_of_the_reward(amount in 0..1u128 << 96, fee_bps in 0..=BPS) {
            let fee = fee_down(amount, fee_bps);
            prop_assert!(fee * u128::from(BPS) <= amount * u128::from(fee_bps));
            prop_assert!(fee <= amount);
        }
    }
}
