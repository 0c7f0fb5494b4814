//! Constants of `contracts/libraries/Bounds.sol` that the arithmetic needs. None can ever change.

/// `accPerShare` counts juels for 10^18 active shares.
pub const ACC_SCALE: u128 = 1_000_000_000_000_000_000;

/// Where `accPerShare` stops rising: all LINK there is, twice, vested onto one active LINK.
pub const MAX_ACC_PER_SHARE: u128 = 2_000_000_000 * ACC_SCALE;

/// A position's active shares are zero or at least this many.
pub const MIN_ACTIVE_SHARES: u128 = ACC_SCALE;

/// Basis points in a whole.
pub const BPS: u32 = 10_000;
