// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

contract PenaltiesTest is Fixture {
    uint40 private constant VETO = 4 days;
    uint40 private constant WINDOW = 7 days;

    function setUp() public override {
        super.setUp();
        stake(alice, node, 1_000 * LINK);
    }

    function execute(address wallet) private {
        vm.prank(slasher);
        pool.executePenalty(wallet);
    }

    function test_a_penalty_takes_its_part_of_active_and_unbonding_stake_alike() public {
        stake(bob, node, 1_000 * LINK);
        uint32 ticket = unbond(alice, node, 600 * LINK);
        penalise(node, 500);
        assertEq(pool.nodeOf(node).assets, 1_900 * LINK);
        assertEq(pool.totals().sinkOwed, 100 * LINK);
        skip(28 days);
        assertEq(withdraw(alice, node, ticket), 570 * LINK);
        ticket = unbond(bob, node, 1_000 * LINK);
        skip(28 days);
        assertEq(withdraw(bob, node, ticket), 950 * LINK);
    }

    function test_a_penalty_is_rounded_down_and_based_on_the_stake_at_execution() public {
        requestPenalty(node, 1_000);
        skip(VETO);
        execute(node);
        assertEq(pool.nodeOf(node).assets, 900 * LINK);
        stake(bob, other, LINK + 9);
        penalise(other, 1_000);
        assertEq(pool.nodeOf(other).assets, LINK + 9 - LINK / 10);
    }

    function test_it_executes_in_its_window_only() public {
        requestPenalty(node, 100);
        uint256 requested = block.timestamp;
        vm.warp(requested + VETO - 1);
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PenaltyNotReady.selector, requested + VETO));
        pool.executePenalty(node);
        vm.warp(requested + WINDOW);
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NoPenaltyPending.selector, node));
        pool.executePenalty(node);
        requestPenalty(node, 100);
        vm.warp(requested + WINDOW + VETO);
        execute(node);
        assertEq(pool.nodeOf(node).assets, 990 * LINK);
    }

    function test_it_executes_once() public {
        penalise(node, 100);
        assertEq(pool.penaltySlots()[0], block.timestamp, "free from now");
        assertEq(pool.nodeOf(node).penaltyUntil, 0);
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NoPenaltyPending.selector, node));
        pool.executePenalty(node);
    }

    /// After an execution nothing of the request stays. A veto leaves what was asked for, whose word would be zero without.
    function test_an_executed_request_leaves_nothing_behind() public {
        requestPenalty(other, 100);
        requestPenalty(node, 200);
        assertEq(pool.nodeOf(node).penaltySlot, 1);
        skip(VETO);
        execute(node);
        assertEq(pool.nodeOf(node).penaltyBps, 0);
        assertEq(pool.nodeOf(node).penaltySlot, 0);
        vm.prank(guardian);
        pool.vetoPenalty(other);
        assertEq(pool.nodeOf(other).penaltyBps, 100);
    }

    function test_a_veto_ends_it_until_the_last_second_of_its_window() public {
        requestPenalty(node, 100);
        skip(WINDOW - 1);
        vm.prank(guardian);
        pool.vetoPenalty(node);
        assertEq(pool.nodeOf(node).penaltyUntil, 0);
        assertEq(pool.penaltySlots()[0], block.timestamp, "free from now");
        stake(bob, node, LINK);
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NoPenaltyPending.selector, node));
        pool.executePenalty(node);
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NoPenaltyPending.selector, node));
        pool.vetoPenalty(node);
    }

    function test_a_lapsed_request_can_be_neither_vetoed_nor_executed() public {
        requestPenalty(node, 100);
        skip(WINDOW);
        vm.prank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NoPenaltyPending.selector, node));
        pool.vetoPenalty(node);
    }

    function test_one_request_a_node() public {
        requestPenalty(node, 100);
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PenaltyPending.selector, node, block.timestamp + WINDOW));
        pool.requestPenalty(node, 100, "evidence", uint40(block.timestamp));
    }

    function test_six_requests_in_the_pool_and_slots_free_themselves() public {
        address[7] memory wallets;
        for (uint256 i; i < 7; ++i) {
            uint256 key = uint256(keccak256(abi.encode("slot", i)));
            register(key);
            wallets[i] = vm.addr(key);
        }
        for (uint256 i; i < 6; ++i) {
            requestPenalty(wallets[i], 100);
            skip(1 hours);
        }
        uint256 freeAt = block.timestamp - 6 hours + WINDOW;
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NoPenaltySlot.selector, freeAt));
        pool.requestPenalty(wallets[6], 100, "evidence", uint40(block.timestamp));
        vm.warp(freeAt);
        requestPenalty(wallets[6], 100);
        assertEq(pool.nodeOf(wallets[6]).penaltySlot, 0);
        vm.prank(guardian);
        pool.vetoPenalty(wallets[3]);
        requestPenalty(node, 100);
        assertEq(pool.nodeOf(node).penaltySlot, 3);
    }

    function test_the_fault_is_no_older_than_detection_allows() public {
        vm.startPrank(slasher);
        uint40 time = uint40(block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.FaultOutOfRange.selector, time + 1));
        pool.requestPenalty(node, 100, "evidence", time + 1);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.FaultOutOfRange.selector, time - 14 days - 1));
        pool.requestPenalty(node, 100, "evidence", time - 14 days - 1);
        pool.requestPenalty(node, 100, "evidence", time - 14 days);
    }

    function test_the_bounds_of_one_penalty() public {
        vm.startPrank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.OutOfBounds.selector, 0, 1, 1_000));
        pool.requestPenalty(node, 0, "evidence", uint40(block.timestamp));
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.OutOfBounds.selector, 1_001, 1, 1_000));
        pool.requestPenalty(node, 1_001, "evidence", uint40(block.timestamp));
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.UnknownNode.selector, bob));
        pool.requestPenalty(bob, 100, "evidence", uint40(block.timestamp));
    }

    function test_penalties_leak_out_of_their_bucket() public {
        penalise(node, 1_000);
        uint256 first = block.timestamp;
        penalise(node, 1_000);
        // 4 days lie between: 144 basis points have leaked, and the second charge filled the bucket to 1,856.
        assertEq(pool.nodeOf(node).bucketLevel, 1_856);
        assertEq(block.timestamp, first + VETO);
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PenaltyLimit.selector, node, 145, 144));
        pool.requestPenalty(node, 145, "evidence", uint40(block.timestamp));
        skip(40 minutes);
        requestPenalty(node, 145);
    }

    function test_a_part_of_a_leak_is_not_lost() public {
        penalise(node, 1_000);
        skip(60 minutes);
        penalise(node, 10);
        // 4 days and an hour are 145.5 leaks; the half is still to come.
        assertEq(pool.nodeOf(node).bucketLevel, 1_000 - 145 + 10);
        assertEq(pool.nodeOf(node).bucketAt, block.timestamp - 20 minutes);
    }

    function test_an_empty_bucket_saves_up_no_leaks() public {
        penalise(node, 144);
        requestPenalty(node, 5);
        skip(VETO + 1_000);
        execute(node);
        // 144 basis points have leaked, and 1,000 seconds on top count for nothing.
        assertEq(pool.nodeOf(node).bucketLevel, 5);
        assertEq(pool.nodeOf(node).bucketAt, block.timestamp);
    }

    function test_retired_nodes_stay_at_risk_until_their_stake_is_out() public {
        retire(node);
        penalise(node, 1_000);
        skip(28 days);
        assertEq(pool.withdrawRetired(node, alice), 900 * LINK);
        assertEq(pool.totals().sinkOwed, 100 * LINK);
    }

    function test_a_fault_after_the_retirement_is_refused() public {
        retire(node);
        uint40 retiredAt = uint40(block.timestamp);
        skip(14 days);
        vm.startPrank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.FaultOutOfRange.selector, retiredAt + 1));
        pool.requestPenalty(node, 1_000, "evidence", retiredAt + 1);
        pool.requestPenalty(node, 1_000, "evidence", retiredAt);
        vm.stopPrank();
    }

    /// From 21 days after the retirement on nothing can be taken, whatever was asked for before, and by whomever: so a
    /// holder who comes late loses nothing any more.
    function test_stake_on_a_retired_node_is_safe_21_days_after_its_retirement() public {
        retire(node);
        uint40 retiredAt = uint40(block.timestamp);
        vm.warp(retiredAt + 14 days);
        vm.prank(slasher);
        pool.requestPenalty(node, 1_000, "evidence", retiredAt);
        vm.warp(retiredAt + 21 days - 1);
        uint256 snapshot = vm.snapshotState();
        execute(node);
        vm.revertToState(snapshot);
        uint256 assets = pool.nodeOf(node).assets;
        for (uint256 i; i < 400; ++i) {
            vm.warp(retiredAt + 21 days + i * 1 days);
            vm.startPrank(slasher);
            vm.expectRevert(abi.encodeWithSelector(IStakingPool.NoPenaltyPending.selector, node));
            pool.executePenalty(node);
            vm.expectRevert(abi.encodeWithSelector(IStakingPool.FaultOutOfRange.selector, retiredAt));
            pool.requestPenalty(node, 1_000, "evidence", retiredAt);
            vm.stopPrank();
        }
        assertEq(pool.nodeOf(node).assets, assets);
        assertEq(pool.withdrawRetired(node, alice), 1_000 * LINK);
    }

    function test_whoever_was_active_at_the_fault_is_there_when_it_is_penalised() public {
        uint40 fault = uint40(block.timestamp);
        uint32 ticket = unbond(alice, node, 1_000 * LINK);
        skip(14 days);
        vm.prank(slasher);
        pool.requestPenalty(node, 1_000, "evidence", fault);
        skip(WINDOW - 1);
        vm.expectRevert();
        withdraw(alice, node, ticket);
        execute(node);
        vm.warp(fault + 28 days);
        assertEq(withdraw(alice, node, ticket), 900 * LINK);
    }
}
