// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

contract StakingTest is Fixture {
    function test_one_transaction_stakes() public {
        stake(alice, node, 60_000 * LINK);
        assertEq(pool.positionOf(node, alice).shares, 60_000 * LINK);
        assertEq(pool.nodeOf(node).assets, 60_000 * LINK);
        assertEq(pool.totals().accounted, 60_000 * LINK);
        assertEq(link.balanceOf(address(pool)), 60_000 * LINK);
    }

    function test_one_transaction_stakes_on_many_nodes() public {
        bytes memory data = bytes.concat(word(node, 3 * LINK), word(other, 4 * LINK), word(node, LINK));
        vm.prank(alice);
        link.transferAndCall(address(pool), 8 * LINK, data);
        assertEq(pool.positionOf(node, alice).shares, 4 * LINK);
        assertEq(pool.positionOf(other, alice).shares, 4 * LINK);
        assertEq(pool.totals().accounted, 8 * LINK);
    }

    function test_approved_link_can_be_staked() public {
        vm.startPrank(alice);
        link.approve(address(pool), 5 * LINK);
        pool.stake(node, 5 * LINK);
        vm.stopPrank();
        assertEq(pool.positionOf(node, alice).shares, 5 * LINK);
        assertEq(pool.totals().accounted, 5 * LINK);
        assertEq(link.balanceOf(address(pool)), 5 * LINK);
    }

    function test_staking_without_approval_moves_nothing() public {
        vm.prank(alice);
        vm.expectRevert();
        pool.stake(node, 5 * LINK);
    }

    function test_the_cap_is_exact() public {
        stake(alice, node, 60_000 * LINK);
        assertStakeRefused(
            bob,
            node,
            40_000 * LINK + 1,
            abi.encodeWithSelector(IStakingPool.CapExceeded.selector, node, 40_000 * LINK + 1, 40_000 * LINK)
        );
        stake(bob, node, 40_000 * LINK);
        assertEq(pool.maxStake(node, carol), 0);
    }

    function test_unbonding_stake_frees_the_cap() public {
        stake(alice, node, 100_000 * LINK);
        unbond(alice, node, 30_000 * LINK);
        assertEq(pool.maxStake(node, bob), 30_000 * LINK);
        stake(bob, node, 30_000 * LINK);
    }

    function test_a_lowered_cap_only_stops_new_stake() public {
        stake(alice, node, 50_000 * LINK);
        vm.prank(timelock);
        pool.setCap(node, 10_000);
        assertEq(pool.maxStake(node, alice), 0);
        assertStakeRefused(alice, node, LINK, abi.encodeWithSelector(IStakingPool.CapExceeded.selector, node, LINK, 0));
        unbond(alice, node, 50_000 * LINK);
    }

    function test_a_position_has_no_shares_or_enough() public {
        assertStakeRefused(
            alice, node, LINK - 1, abi.encodeWithSelector(IStakingPool.PositionTooSmall.selector, LINK - 1, LINK)
        );
        stake(alice, node, LINK);
        stake(alice, node, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PositionTooSmall.selector, LINK - 1, LINK));
        unbond(alice, node, 2);
        unbond(alice, node, 1);
        unbond(alice, node, LINK);
    }

    function test_zero_is_refused() public {
        assertStakeRefused(alice, node, 0, abi.encodeWithSelector(IStakingPool.ZeroAmount.selector));
        vm.prank(alice);
        vm.expectRevert(IStakingPool.ZeroAmount.selector);
        pool.stake(node, 0);
        stake(alice, node, LINK);
        vm.expectRevert(IStakingPool.ZeroAmount.selector);
        unbond(alice, node, 0);
    }

    function test_unknown_nodes_take_no_stake() public {
        assertStakeRefused(alice, bob, LINK, abi.encodeWithSelector(IStakingPool.UnknownNode.selector, bob));
    }

    function test_closed_nodes_take_no_stake() public {
        vm.prank(registrar);
        pool.closeNode(node);
        assertEq(pool.maxStake(node, alice), 0);
        assertStakeRefused(alice, node, LINK, abi.encodeWithSelector(IStakingPool.NodeNotOpen.selector, node));
        vm.prank(guardian);
        pool.reopenNode(node);
        stake(alice, node, LINK);
    }

    function test_a_pending_penalty_keeps_stake_out_until_its_last_second() public {
        requestPenalty(node, 100);
        uint40 until = uint40(block.timestamp + 7 days);
        assertEq(pool.maxStake(node, alice), 0);
        vm.warp(until - 1);
        assertStakeRefused(alice, node, LINK, abi.encodeWithSelector(IStakingPool.PenaltyPending.selector, node, until));
        vm.warp(until);
        stake(alice, node, LINK);
    }

    function test_retired_nodes_take_no_stake() public {
        retire(node);
        assertEq(pool.maxStake(node, alice), 0);
        assertStakeRefused(alice, node, LINK, abi.encodeWithSelector(IStakingPool.NodeHasRetired.selector, node));
    }

    function test_a_pause_stops_every_way_in_and_no_way_out() public {
        stake(alice, node, 10 * LINK);
        reward(node, LINK);
        uint32 early = unbond(alice, node, LINK);
        skip(28 days);
        uint32 late = unbond(alice, node, LINK);
        uint40 until = uint40(block.timestamp + 7 days);
        vm.prank(guardian);
        pool.pause(until);
        bytes memory paused = abi.encodeWithSelector(IStakingPool.InflowsPaused.selector, until);

        assertEq(pool.maxStake(node, alice), 0);
        assertStakeRefused(alice, node, LINK, paused);
        vm.startPrank(alice);
        vm.expectRevert(paused);
        pool.stake(node, LINK);
        vm.expectRevert(paused);
        pool.cancelUnbond(node, late);
        vm.expectRevert(paused);
        pool.restake(node, early, other);
        vm.stopPrank();
        vm.prank(registrar);
        vm.expectRevert(paused);
        pool.registerNode(bob, 0, "");

        reward(node, LINK);
        claim(alice, node);
        unbond(alice, node, LINK);
        withdraw(alice, node, early);
        vm.prank(feeRecipient);
        pool.payFees();
        vm.warp(until);
        stake(alice, node, LINK);
    }

    function test_after_a_penalty_a_juel_buys_more_shares() public {
        stake(alice, node, 1_000 * LINK);
        penalise(node, 1_000);
        stake(bob, node, 900 * LINK);
        assertEq(pool.positionOf(node, bob).shares, 1_000 * LINK);
        assertEq(pool.nodeOf(node).assets, 1_800 * LINK);
    }

    function testFuzz_what_maxStake_promises_is_accepted(uint256 first, uint256 exit, uint16 bps, bool newcomer)
        public
    {
        first = bound(first, 2 * LINK, 100_000 * LINK);
        stake(alice, node, first);
        penalise(node, uint16(bound(bps, 1, 1_000)));
        exit = bound(exit, 0, first - LINK);
        if (exit != 0) unbond(alice, node, exit);
        address staker = newcomer ? bob : alice;
        uint256 most = pool.maxStake(node, staker);
        if (most != 0) stake(staker, node, most);
        IStakingPool.Node memory n = pool.nodeOf(node);
        assertLe(uint256(n.activeShares) * n.assets, 100_000 * LINK * n.totalShares);
        if (most == 0) assertLt(100_000 * LINK, uint256(n.activeShares) * n.assets / n.totalShares + LINK + 1);
    }

    function test_a_node_filled_to_the_cap_but_for_dust_has_no_room() public {
        stake(alice, node, 100_000 * LINK - LINK + 1);
        assertEq(pool.maxStake(node, bob), 0, "no valid position fits");
        assertEq(pool.maxStake(node, alice), LINK - 1, "one who is in can fill it");
        stake(alice, node, LINK - 1);
    }
}
