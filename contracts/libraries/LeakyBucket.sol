// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A bucket that leaks one unit every `leak` seconds
/// @notice Whoever keeps the level at or below a capacity adds at most capacity + window / leak units in any window.
library LeakyBucket {
    /// @notice The level now, and the time from which the next unit leaks: a part of a unit is never lost or gained.
    function leaked(uint32 level, uint40 since, uint256 leak) internal view returns (uint32, uint40) {
        uint256 units = (block.timestamp - since) / leak;
        if (units >= level) return (0, uint40(block.timestamp));
        // `units` is below a level of 32 bits, and `units * leak` is time that has passed.
        return (level - uint32(units), since + uint40(units * leak));
    }
}
