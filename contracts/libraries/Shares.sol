// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Shares of a node's stake
/// @notice `assets` juels belong to `total` shares. Rewards never enter `assets` and penalties only lower it, so
/// assets <= total at all times, and a juel staked is worth at least one share.
/// @dev Amounts stay below 2^96, so no product here overflows.
library Shares {
    /// @notice The shares minted for `amount`, rounded down: a newcomer never dilutes those who are there.
    function mintedDown(uint256 amount, uint256 total, uint256 assets) internal pure returns (uint256) {
        return total == 0 ? amount : amount * total / assets;
    }

    /// @notice The fewest shares worth `amount`.
    function sharesUp(uint256 amount, uint256 total, uint256 assets) internal pure returns (uint256) {
        return Math.ceilDiv(amount * total, assets);
    }

    /// @notice What `shares`, not none, are paid, rounded down; the last shares take all that is left.
    function paidDown(uint256 shares, uint256 total, uint256 assets) internal pure returns (uint256) {
        return shares * assets / total;
    }

    /// @notice What `shares` are worth, rounded up, to be held against a cap.
    function valueUp(uint256 shares, uint256 total, uint256 assets) internal pure returns (uint256) {
        return shares == 0 ? 0 : Math.ceilDiv(shares * assets, total);
    }

    /// @notice How much may still be staked under `cap`; staking that much or less never exceeds it.
    function room(uint256 cap, uint256 active, uint256 total, uint256 assets) internal pure returns (uint256) {
        return Math.saturatingSub(cap, valueUp(active, total, assets));
    }
}
