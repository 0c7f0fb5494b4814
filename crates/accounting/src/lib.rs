//! The staking pool's arithmetic, pure: what shares are worth, what has vested by a time, what a position may claim.
//!
//! It mirrors `contracts/libraries/*.sol` step by step, roundings included, so that a figure computed here from stored
//! fields equals the contract's own view at the same block time. Amounts are juels, times are Unix seconds of the chain.

#![warn(clippy::float_arithmetic, clippy::cast_possible_truncation)]

mod bounds;
mod fee;
mod shares;
mod stream;
mod wide;

pub use bounds::{ACC_SCALE, BPS, MAX_ACC_PER_SHARE, MIN_ACTIVE_SHARES};
pub use fee::{annual_bps_down, fee_down, ratio_bps_down};
pub use shares::{minted_down, paid_down, price_wad_down, room, room_for_newcomer, value_up};
pub use stream::{Stream, earned_down, earned_up, pending};
