// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingPool} from "./interfaces/IStakingPool.sol";

/// @title Several calls in one transaction
/// @dev The contract calls itself as its caller: the sender stays the sender, and no function takes ether. So a batch
/// can do nothing that its calls could not do one after the other.
abstract contract Multicall is IStakingPool {
    // It calls nobody but itself, and the assembly hands on the reason as it is.
    // slither-disable-next-line assembly,low-level-calls
    function multicall(bytes[] calldata calls) external {
        for (uint256 i; i < calls.length; ++i) {
            (bool success, bytes memory reason) = address(this).delegatecall(calls[i]);
            if (success) continue;
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }
}
