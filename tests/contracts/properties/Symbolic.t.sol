// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {Bounds} from "../../../contracts/libraries/Bounds.sol";
import {RewardStream} from "../../../contracts/libraries/RewardStream.sol";
import {Test} from "forge-std/Test.sol";

/// Packing and overflow for every value at once, by halmos: `halmos --contract SymbolicTest`. What needs division over two
/// unknowns is a lemma over integers instead, in lemmas/.
contract SymbolicTest is Test {
    using RewardStream for IStakingPool.Stream;

    IStakingPool.Node private node;
    IStakingPool.Position private position;
    IStakingPool.Ticket private ticket;
    IStakingPool.Pool private pool;

    function check_a_stake_word_keeps_node_and_amount_apart(address wallet, uint96 amount) public pure {
        uint256 word = uint256(uint160(wallet)) << 96 | amount;
        assert(address(uint160(word >> 96)) == wallet);
        assert(uint96(word) == amount);
        assert(uint256(bytes32(abi.encodePacked(wallet, amount))) == word);
    }

    function check_the_fields_of_a_position_keep_apart(uint96 shares, int128 debt, uint32 tickets, uint96 more) public {
        position = IStakingPool.Position(shares, debt, tickets);
        position.shares = more;
        assert(position.debt == debt && position.tickets == tickets);
        position.debt = -1;
        assert(position.shares == more && position.tickets == tickets);
        position.tickets = 0;
        assert(position.shares == more && position.debt == -1);
    }

    function check_the_fields_of_a_ticket_keep_apart(uint96 shares, uint40 readyAt, uint40 later) public {
        ticket = IStakingPool.Ticket(shares, readyAt);
        ticket.readyAt = later;
        assert(ticket.shares == shares && ticket.readyAt == later);
    }

    function check_the_fields_of_a_node_keep_apart(IStakingPool.Node memory n, uint96 assets, uint40 penaltyUntil)
        public
    {
        node = n;
        node.assets = assets;
        node.penaltyUntil = penaltyUntil;
        assert(node.totalShares == n.totalShares && node.retiredAt == n.retiredAt);
        assert(node.activeShares == n.activeShares && node.accPerShare == n.accPerShare);
        assert(node.unvested == n.unvested && node.vestEnd == n.vestEnd && node.lastUpdate == n.lastUpdate);
        assert(node.capLink == n.capLink && node.status == n.status);
        assert(node.penaltyBps == n.penaltyBps && node.penaltySlot == n.penaltySlot);
        assert(node.bucketLevel == n.bucketLevel && node.bucketAt == n.bucketAt);
        assert(node.assets == assets && node.penaltyUntil == penaltyUntil);
    }

    function check_the_fields_of_the_pool_keep_apart(IStakingPool.Pool memory p, uint96 accounted, uint96 sinkOwed)
        public
    {
        pool = p;
        pool.accounted = accounted;
        pool.sinkOwed = sinkOwed;
        assert(pool.feesOwed == p.feesOwed && pool.pausedUntil == p.pausedUntil && pool.feeBps == p.feeBps);
        assert(pool.feeRecipient == p.feeRecipient);
        assert(pool.accounted == accounted && pool.sinkOwed == sinkOwed);
    }

    /// What a position ever earned is below 2^127 (a lemma), and then its sign survives the casts.
    function check_what_was_earned_survives_the_cast_to_a_debt(uint256 earned) public pure {
        vm.assume(earned < 2 ** 127);
        int128 debt = int128(uint128(earned));
        assert(debt >= 0 && uint256(int256(debt)) == earned);
    }

    function check_without_active_stake_only_the_clock_moves(
        uint128 accPerShare,
        uint96 unvested,
        uint40 vestEnd,
        uint40 lastUpdate,
        uint40 time
    ) public {
        vm.assume(lastUpdate <= time && vestEnd < 2 ** 39 && time < 2 ** 39);
        vm.warp(time);
        IStakingPool.Stream memory stream = IStakingPool.Stream(accPerShare, unvested, vestEnd, lastUpdate);
        stream.accrue(0);
        assert(stream.accPerShare == accPerShare && stream.unvested == unvested);
        uint256 before = vestEnd > lastUpdate ? vestEnd - lastUpdate : 0;
        if (unvested != 0 && lastUpdate != time) {
            assert(stream.vestEnd == time + before && stream.lastUpdate == time);
        } else {
            assert(stream.vestEnd == vestEnd && stream.lastUpdate == lastUpdate);
        }
    }

    function check_the_ends_of_all_windows_fit_their_field(uint40 time) public pure {
        vm.assume(time < 2 ** 40 - 60 days);
        assert(uint256(time + Bounds.VETO + Bounds.EXECUTION) == uint256(time) + 7 days);
        assert(uint256(time + Bounds.UNBONDING) == uint256(time) + 28 days);
    }
}
