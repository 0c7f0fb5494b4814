//! Products of two amounts, divided before they are narrowed: 256 bits inside, 128 outside.

use alloy_primitives::U256;

/// floor(a * b / divisor), saturating at 2^128 - 1, which no amount of LINK comes near; 0 when the divisor is 0.
pub(crate) fn mul_div_down(a: u128, b: u128, divisor: u128) -> u128 {
    if divisor == 0 {
        return 0;
    }
    (U256::from(a) * U256::from(b) / U256::from(divisor)).saturating_to()
}

/// ceil(a * b / divisor), with the limits of [`mul_div_down`].
pub(crate) fn mul_div_up(a: u128, b: u128, divisor: u128) -> u128 {
    if divisor == 0 {
        return 0;
    }
    (U256::from(a) * U256::from(b)).div_ceil(U256::from(divisor)).saturating_to()
}
