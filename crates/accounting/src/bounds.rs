//! Constants of `contracts/libraries/Bounds.sol`. None can ever change. Times are seconds, amounts juels or shares.

const DAY: u64 = 86_400;

/// `accPerShare` counts juels for 10^18 active shares.
pub const ACC_SCALE: u128 = 1_000_000_000_000_000_000;

/// Where `accPerShare` stops rising: all LINK there is, twice, vested onto one active LINK.
pub const MAX_ACC_PER_SHARE: u128 = 2_000_000_000 * ACC_SCALE;

/// A position's active shares are zero or at least this many.
pub const MIN_ACTIVE_SHARES: u128 = ACC_SCALE;

/// Basis points in a whole.
pub const BPS: u32 = 10_000;

/// From asking to leave to leaving.
pub const UNBONDING_SECONDS: u64 = 28 * DAY;
/// How long a reward takes to vest.
pub const VEST_SECONDS: u64 = 7 * DAY;
/// From a penalty's request to its execution: the time for a veto.
pub const VETO_SECONDS: u64 = 4 * DAY;
/// How long a request can be executed for before it lapses.
pub const EXECUTION_SECONDS: u64 = 3 * DAY;
/// How old a fault may be when a penalty is asked for.
pub const DETECTION_SECONDS: u64 = UNBONDING_SECONDS / 2;
/// The most that one penalty takes.
pub const MAX_PENALTY_BPS: u16 = 1_000;
/// The most that penalties of one node take at once.
pub const PENALTY_CAPACITY_BPS: u32 = 2_000;
/// One basis point of that comes back in this time.
pub const PENALTY_LEAK_SECONDS: u64 = 40 * 60;
/// Penalties that may be pending in the whole pool.
pub const PENALTY_SLOTS: usize = 6;
/// The highest maker fee.
pub const MAX_FEE_BPS: u16 = 2_000;
/// How long a report of the network's size counts.
pub const REPORT_AGE_SECONDS: u64 = 7 * DAY;
/// The longest pause of inflows.
pub const MAX_PAUSE_SECONDS: u64 = 7 * DAY;
