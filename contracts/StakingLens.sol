// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingLens} from "./interfaces/IStakingLens.sol";
import {IStakingPool} from "./interfaces/IStakingPool.sol";
import {RewardStream} from "./libraries/RewardStream.sol";
import {Shares} from "./libraries/Shares.sol";

/// @title StakingLens
/// @notice Paged views and previews over a StakingPool. It holds nothing and can be replaced at any time.
contract StakingLens is IStakingLens {
    using RewardStream for IStakingPool.Stream;

    uint256 private constant MAX_PAGE = 200;

    function nodes(IStakingPool pool, uint256 from, uint256 count) external view returns (NodeView[] memory page) {
        count = _pageLength(pool.nodeCount(), from, count);
        page = new NodeView[](count);
        for (uint256 i; i < count; ++i) {
            page[i] = _node(pool, from + i);
        }
    }

    function positions(IStakingPool pool, address staker, uint256 from, uint256 count)
        external
        view
        returns (PositionView[] memory page)
    {
        count = _pageLength(pool.nodeCount(), from, count);
        page = new PositionView[](count);
        for (uint256 i; i < count; ++i) {
            page[i] = position(pool, pool.nodeAt(from + i).wallet, staker);
        }
    }

    function tickets(IStakingPool pool, address node, address staker, uint32 from, uint32 count)
        external
        view
        returns (TicketView[] memory page)
    {
        uint256 length = _pageLength(pool.positionOf(node, staker).tickets, from, count);
        IStakingPool.Node memory n = pool.nodeOf(node);
        page = new TicketView[](length);
        for (uint256 i; i < length; ++i) {
            uint32 ticket = from + uint32(i);
            IStakingPool.Ticket memory t = pool.ticketOf(node, staker, ticket);
            page[i] = TicketView(ticket, t.shares, _worth(t.shares, n), t.readyAt);
        }
    }

    function position(IStakingPool pool, address node, address staker) public view returns (PositionView memory) {
        IStakingPool.Node memory n = pool.nodeOf(node);
        IStakingPool.Position memory p = pool.positionOf(node, staker);
        return PositionView({
            node: node,
            shares: p.shares,
            amount: _worth(p.shares, n),
            pendingReward: RewardStream.pending(p.shares, p.debt, _accrued(n).accPerShare),
            tickets: p.tickets,
            maxStake: pool.maxStake(node, staker)
        });
    }

    function pendingReward(IStakingPool pool, address node, address staker) external view returns (uint256) {
        IStakingPool.Position memory p = pool.positionOf(node, staker);
        return RewardStream.pending(p.shares, p.debt, _accrued(pool.nodeOf(node)).accPerShare);
    }

    function previewStake(IStakingPool pool, address node, uint256 amount) external view returns (uint256 shares) {
        IStakingPool.Node memory n = pool.nodeOf(node);
        return Shares.mintedDown(amount, n.totalShares, n.assets);
    }

    function previewUnbond(IStakingPool pool, address node, uint256 amount) external view returns (uint256 shares) {
        IStakingPool.Node memory n = pool.nodeOf(node);
        return n.assets == 0 ? 0 : Shares.sharesUp(amount, n.totalShares, n.assets);
    }

    function previewWithdraw(IStakingPool pool, address node, address staker, uint32 ticket)
        external
        view
        returns (uint256 amount)
    {
        return _worth(pool.ticketOf(node, staker, ticket).shares, pool.nodeOf(node));
    }

    function _node(IStakingPool pool, uint256 index) private view returns (NodeView memory) {
        IStakingPool.Entry memory entry = pool.nodeAt(index);
        IStakingPool.Node memory n = pool.nodeOf(entry.wallet);
        IStakingPool.Stream memory stream = _accrued(n);
        return NodeView({
            wallet: entry.wallet,
            registeredAt: entry.registeredAt,
            state: n,
            activeAmount: _worth(n.activeShares, n),
            accPerShareNow: stream.accPerShare,
            unvestedNow: stream.unvested,
            maxStake: pool.maxStake(entry.wallet, address(0))
        });
    }

    /// What `shares` would be paid now.
    function _worth(uint256 shares, IStakingPool.Node memory n) private pure returns (uint256) {
        return shares == 0 ? 0 : Shares.paidDown(shares, n.totalShares, n.assets);
    }

    /// The reward stream of a node as the next action on it would find it.
    function _accrued(IStakingPool.Node memory n) private view returns (IStakingPool.Stream memory stream) {
        stream = IStakingPool.Stream(n.accPerShare, n.unvested, n.vestEnd, n.lastUpdate);
        stream.accrue(n.activeShares);
    }

    function _pageLength(uint256 length, uint256 from, uint256 count) private pure returns (uint256) {
        if (count > MAX_PAGE) revert PageTooLong(count, MAX_PAGE);
        if (from >= length) return 0;
        return count < length - from ? count : length - from;
    }
}
