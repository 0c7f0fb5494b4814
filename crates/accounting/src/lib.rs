//! The staking pool's arithmetic, pure: what shares are worth, what has vested by a time, what a position may claim; and
//! [`Pool`], the whole of it in memory.
//!
//! It mirrors `contracts/` step by step, roundings included, so that a figure computed here from stored fields equals the
//! contract's own view at the same block time. Amounts are juels, times are Unix seconds of the chain.
//!
//! [`Pool`] has a method for each action of the contract that touches a number: `stake`, `restake`, `cancel_unbond`, `unbond`,
//! `withdraw`, `withdraw_retired`, `claim`, `compound`, `reward`, `pay_fees`, `pay_sink`, `register_node`, `close_node`, `reopen_node`,
//! `retire_node`, `set_cap`, `request_penalty`, `veto_penalty`, `execute_penalty`, `pause`, `set_fee`, `report_network` and the
//! other settings. Each takes the time of its block and returns the [`Event`] or events that the contract emits, in their
//! order, or the [`Refusal`] that the contract answers with, and then nothing has changed.
//!
//! ```
//! use linkpool_accounting::{Event, Pool, Refusal, Setup, UNBONDING_SECONDS};
//! use linkpool_primitives::{Address, JUELS_PER_LINK};
//!
//! let [deployer, node, staker] = [1, 2, 3].map(Address::with_last_byte);
//! let setup = Setup {
//!     fee_recipient: deployer, fee_bps: 500, max_share_bps: 1_000, default_cap_link: 100_000, ceiling: 19_000,
//!     reported: 19_000, registration_burst: 10, registrations_per_day: 10, proofless_allowed: true,
//! };
//! let (mut pool, _events) = Pool::deployed(&setup, deployer, 0)?;
//! pool.register_node(node, false, 0)?;
//! pool.stake(staker, &[(node, 100 * JUELS_PER_LINK)], 10)?;
//! pool.unbond(node, staker, 100 * JUELS_PER_LINK, 20)?;
//! let ready_at = 20 + UNBONDING_SECONDS;
//! assert_eq!(pool.withdraw(staker, node, staker, 0, 30), Err(Refusal::NotReady { ready_at }));
//! let paid = pool.withdraw(staker, node, staker, 0, ready_at)?;
//! assert!(matches!(paid, Some(Event::Withdrawn { amount, accounted: 0, .. }) if amount == 100 * JUELS_PER_LINK));
//! # Ok::<(), Refusal>(())
//! ```

#![warn(clippy::float_arithmetic, clippy::cast_possible_truncation)]

mod bounds;
mod bucket;
mod fee;
mod pool;
mod shares;
mod stream;
mod wide;

pub use bounds::{
    ACC_SCALE, BPS, DETECTION_SECONDS, EXECUTION_SECONDS, MAX_ACC_PER_SHARE, MAX_FEE_BPS, MAX_PAUSE_SECONDS, MAX_PENALTY_BPS,
    MIN_ACTIVE_SHARES, PENALTY_CAPACITY_BPS, PENALTY_LEAK_SECONDS, PENALTY_SLOTS, REPORT_AGE_SECONDS, UNBONDING_SECONDS,
    VEST_SECONDS, VETO_SECONDS,
};
pub use bucket::Bucket;
pub use fee::{annual_bps_down, fee_down, ratio_bps_down};
pub use pool::{Event, Node, Outcome, Pool, Position, Refusal, Registry, Setup, Ticket, Totals};
pub use shares::{available, available_to_newcomer, minted_down, paid_down, price_wad_down, value_up};
pub use stream::{Stream, claimable, earned_down, earned_up};
