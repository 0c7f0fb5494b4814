// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingPool} from "./IStakingPool.sol";

/// @title StakingLens: what a page shows about a StakingPool, in few calls
/// @notice Amounts are juels, as of now: rewards are what has vested by this block. A page has at most 200 lines and
/// ends with the list. Nothing here is needed to stake, leave or claim.
interface IStakingLens {
    /// @param state the stored state of the node, as of its last action
    /// @param activeAmount what the active stake is worth
    /// @param accPerShareNow `accPerShare` brought up to now
    /// @param unvestedNow `unvested` brought up to now
    /// @param maxStake the most somebody without a position can stake now
    struct NodeView {
        address wallet;
        uint40 registeredAt;
        IStakingPool.Node state;
        uint256 activeAmount;
        uint256 accPerShareNow;
        uint256 unvestedNow;
        uint256 maxStake;
    }

    /// @param shares active shares
    /// @param amount what they are worth
    /// @param tickets how many tickets there ever were; the index of the next one
    struct PositionView {
        address node;
        uint256 shares;
        uint256 amount;
        uint256 pendingReward;
        uint32 tickets;
        uint256 maxStake;
    }

    /// @param shares 0 when the ticket was withdrawn or cancelled
    /// @param amount what it would pay now
    struct TicketView {
        uint32 ticket;
        uint256 shares;
        uint256 amount;
        uint40 readyAt;
    }

    /// @notice A page may have at most `maximum` lines, and `count` were asked for.
    error PageTooLong(uint256 count, uint256 maximum);

    /// @notice A page of the list of nodes.
    function nodes(IStakingPool pool, uint256 from, uint256 count) external view returns (NodeView[] memory);

    /// @notice The positions of `staker` on a page of the list of nodes, empty ones included.
    function positions(IStakingPool pool, address staker, uint256 from, uint256 count)
        external
        view
        returns (PositionView[] memory);

    /// @notice A page of the tickets of `staker` on `node`, finished ones included.
    function tickets(IStakingPool pool, address node, address staker, uint32 from, uint32 count)
        external
        view
        returns (TicketView[] memory);

    /// @notice One position.
    function position(IStakingPool pool, address node, address staker) external view returns (PositionView memory);

    /// @notice The rewards that `staker` could claim on `node` now.
    function pendingReward(IStakingPool pool, address node, address staker) external view returns (uint256);

    /// @notice The shares that staking `amount` would mint now.
    function previewStake(IStakingPool pool, address node, uint256 amount) external view returns (uint256 shares);

    /// @notice The fewest shares worth at least `amount` now, to be unbonded.
    function previewUnbond(IStakingPool pool, address node, uint256 amount) external view returns (uint256 shares);

    /// @notice What a ticket would pay now, ready or not.
    function previewWithdraw(IStakingPool pool, address node, address staker, uint32 ticket)
        external
        view
        returns (uint256 amount);
}
