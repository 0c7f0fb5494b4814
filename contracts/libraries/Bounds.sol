// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The numbers that bound what anybody can do to a staker
/// @notice None can ever change. Three relations between them carry the safety of the pool:
/// - VEST <= UNBONDING: a retired node's rewards have all vested before anybody can be withdrawn from it.
/// - VETO + EXECUTION <= UNBONDING - DETECTION: whoever was active at a fault is still there when it is penalised.
/// - MAX_ACC_PER_SHARE < 2^127 * 10^18 / 2^96: any shares times the accumulator fit a signed debt.
library Bounds {
    uint40 internal constant UNBONDING = 28 days;
    uint40 internal constant VEST = 7 days;

    uint40 internal constant VETO = 4 days;
    uint40 internal constant EXECUTION = 3 days;
    uint40 internal constant DETECTION = UNBONDING / 2;
    uint16 internal constant MAX_PENALTY_BPS = 1_000;
    uint16 internal constant PENALTY_CAPACITY_BPS = 2_000;
    /// @dev One basis point comes back every 40 minutes, which is 1,008 in an unbonding time.
    uint40 internal constant PENALTY_LEAK = 40 minutes;

    uint16 internal constant BPS = 10_000;
    uint16 internal constant MAX_FEE_BPS = 2_000;

    uint40 internal constant REPORT_AGE = 7 days;
    uint40 internal constant MAX_PAUSE = 7 days;
    uint40 internal constant PROBATION = 7 days;
    /// @dev The new owner is a timelock too, so it can only schedule its acceptance and wait.
    uint40 internal constant OFFER = 2 * UNBONDING;
    uint32 internal constant MAX_REGISTRATIONS = 1_000;

    /// @dev One share is one juel until a first penalty, so this is one LINK.
    uint96 internal constant MIN_ACTIVE_SHARES = 1e18;
    /// @dev All LINK there is, twice, vested onto one active LINK; RewardStream has the scale.
    uint128 internal constant MAX_ACC_PER_SHARE = 2e27;
}
