// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingPool} from "../interfaces/IStakingPool.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Bounds} from "./Bounds.sol";

/// @title The stream of a node's rewards
/// @notice Rewards wait in `unvested`, vest linearly until `vestEnd`, and are shared out by `accPerShare`, the juels
/// that ever vested for one active share, times 10^18.
library RewardStream {
    uint256 private constant SCALE = 1e18;

    /// @notice Brings the stream up to now. Never reverts: what cannot be shared out stays in `unvested`.
    /// @dev What leaves `unvested` is rounded up, and what positions are owed is rounded down, so the pool stays
    /// solvent. The clock stands still while nothing is active.
    function accrue(IStakingPool.Stream memory stream, uint256 active) internal view {
        if (stream.unvested == 0 || stream.lastUpdate == block.timestamp) return;
        uint256 remaining = Math.saturatingSub(stream.vestEnd, stream.lastUpdate);
        uint256 elapsed = block.timestamp - stream.lastUpdate;
        if (active != 0) {
            uint256 vested = elapsed >= remaining ? stream.unvested : stream.unvested * elapsed / remaining;
            uint256 rise = Math.min(vested * SCALE / active, Bounds.MAX_ACC_PER_SHARE - stream.accPerShare);
            stream.accPerShare += uint128(rise);
            // At most `vested`, and so at most `unvested`.
            stream.unvested -= uint96(Math.ceilDiv(rise * active, SCALE));
            remaining = Math.saturatingSub(remaining, elapsed);
        }
        stream.vestEnd = uint40(block.timestamp + remaining);
        stream.lastUpdate = uint40(block.timestamp);
    }

    /// @notice Adds `amount` to an accrued stream. The horizon becomes the mean of what is left and a full vesting
    /// time, weighted by amount: dust cannot stretch it, and a large reward cannot be caught in one block.
    function add(IStakingPool.Stream memory stream, uint256 amount) internal view {
        uint256 left = stream.unvested;
        uint256 remaining = Math.saturatingSub(stream.vestEnd, block.timestamp);
        stream.vestEnd = uint40(block.timestamp + (left * remaining + amount * Bounds.VEST) / (left + amount));
        stream.lastUpdate = uint40(block.timestamp);
        stream.unvested = uint96(left + amount);
    }

    /// @notice What `shares` earned since the stream began, rounded down.
    function earnedDown(uint256 shares, uint256 accPerShare) internal pure returns (uint256) {
        return shares * accPerShare / SCALE;
    }

    /// @notice What `shares` earned since the stream began, rounded up.
    function earnedUp(uint256 shares, uint256 accPerShare) internal pure returns (uint256) {
        return Math.ceilDiv(shares * accPerShare, SCALE);
    }

    /// @notice What a position may claim. Entering rounds its debt up, so this can be a juel below zero: then nothing.
    function pending(uint256 shares, int256 debt, uint256 accPerShare) internal pure returns (uint256) {
        int256 owed = int256(earnedDown(shares, accPerShare)) - debt;
        return owed > 0 ? uint256(owed) : 0;
    }
}
