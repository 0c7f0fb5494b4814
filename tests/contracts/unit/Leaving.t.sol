// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

contract LeavingTest is Fixture {
    uint256 private constant UNBONDING = 28 days;

    function setUp() public override {
        super.setUp();
        stake(alice, node, 1_000 * LINK);
    }

    function test_unbond_wait_withdraw_returns_the_exact_amount() public {
        uint256 before = link.balanceOf(alice);
        uint32 ticket = unbond(alice, node, 1_000 * LINK);
        skip(UNBONDING);
        assertEq(withdraw(alice, node, ticket), 1_000 * LINK);
        assertEq(link.balanceOf(alice), before + 1_000 * LINK);
        assertEq(pool.nodeOf(node).totalShares, 0);
        assertEq(pool.nodeOf(node).assets, 0);
        assertEq(pool.totals().accounted, 0);
    }

    function test_a_ticket_is_refused_a_second_before_its_time() public {
        uint32 ticket = unbond(alice, node, LINK);
        uint256 readyAt = block.timestamp + UNBONDING;
        vm.warp(readyAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, readyAt));
        withdraw(alice, node, ticket);
        vm.warp(readyAt);
        withdraw(alice, node, ticket);
    }

    function test_a_ticket_never_expires() public {
        uint32 ticket = unbond(alice, node, LINK);
        vm.warp(2 ** 40 - 1);
        assertEq(withdraw(alice, node, ticket), LINK);
    }

    function test_a_ticket_pays_once() public {
        uint32 ticket = unbond(alice, node, LINK);
        skip(UNBONDING);
        withdraw(alice, node, ticket);
        assertEq(withdraw(alice, node, ticket), 0);
        assertEq(pool.totals().accounted, 999 * LINK);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.UnknownTicket.selector, node, alice, ticket + 1));
        withdraw(alice, node, ticket + 1);
    }

    function test_only_active_shares_can_be_unbonded() public {
        unbond(alice, node, 400 * LINK);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotEnoughShares.selector, 601 * LINK, 600 * LINK));
        unbond(alice, node, 601 * LINK);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotEnoughShares.selector, LINK, 0));
        unbond(bob, node, LINK);
    }

    function test_on_a_live_node_only_the_staker_withdraws() public {
        uint32 ticket = unbond(alice, node, LINK);
        skip(UNBONDING);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotRetired.selector, node));
        pool.withdraw(node, alice, ticket);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotRetired.selector, node));
        pool.withdrawRetired(node, alice);
    }

    function test_cancelling_makes_the_stake_active_again() public {
        uint32 ticket = unbond(alice, node, 400 * LINK);
        vm.prank(alice);
        pool.cancelUnbond(node, ticket);
        assertEq(pool.positionOf(node, alice).shares, 1_000 * LINK);
        assertEq(pool.nodeOf(node).activeShares, 1_000 * LINK);
        assertEq(pool.ticketOf(node, alice, ticket).shares, 0);
        assertEq(unbond(alice, node, LINK), 1, "an index is never used again");
    }

    function test_cancelling_obeys_the_cap() public {
        uint32 ticket = unbond(alice, node, 400 * LINK);
        stake(bob, node, 99_001 * LINK);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.CapExceeded.selector, node, 400 * LINK, 399 * LINK));
        pool.cancelUnbond(node, ticket);
        vm.stopPrank();
        unbond(bob, node, LINK);
        vm.prank(alice);
        pool.cancelUnbond(node, ticket);
    }

    function test_cancelling_is_refused_where_stake_is_refused() public {
        uint32 ticket = unbond(alice, node, 400 * LINK);
        vm.prank(registrar);
        pool.closeNode(node);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotOpen.selector, node));
        pool.cancelUnbond(node, ticket);
        vm.stopPrank();
        vm.prank(guardian);
        pool.reopenNode(node);
        requestPenalty(node, 1);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PenaltyPending.selector, node, block.timestamp + 7 days));
        pool.cancelUnbond(node, ticket);
        vm.stopPrank();
        retire(node);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeHasRetired.selector, node));
        pool.cancelUnbond(node, ticket);
    }

    function test_cancelling_leaves_a_valid_position() public {
        uint32 small = unbond(alice, node, LINK / 2);
        unbond(alice, node, 1_000 * LINK - LINK / 2);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PositionTooSmall.selector, LINK / 2, LINK));
        pool.cancelUnbond(node, small);
    }

    function test_restaking_takes_what_withdrawing_would_pay() public {
        uint32 ticket = unbond(alice, node, 500 * LINK);
        penalise(node, 1_000);
        skip(UNBONDING);
        uint256 accounted = pool.totals().accounted;
        vm.prank(alice);
        pool.restake(node, ticket, other);
        assertEq(pool.nodeOf(node).assets, 450 * LINK);
        assertEq(pool.nodeOf(other).assets, 450 * LINK);
        assertEq(pool.positionOf(other, alice).shares, 450 * LINK);
        assertEq(pool.totals().accounted, accounted, "no LINK moved");
    }

    function test_restaking_waits_and_obeys_the_target() public {
        uint32 ticket = unbond(alice, node, 500 * LINK);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, block.timestamp + UNBONDING));
        pool.restake(node, ticket, other);
        skip(UNBONDING);
        stake(bob, other, 99_999 * LINK);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.CapExceeded.selector, other, 500 * LINK, LINK));
        pool.restake(node, ticket, other);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.UnknownTicket.selector, node, bob, ticket));
        pool.restake(node, ticket, other);
    }

    function test_restaking_onto_the_same_node_is_a_stake() public {
        uint32 ticket = unbond(alice, node, 500 * LINK);
        skip(UNBONDING);
        vm.prank(alice);
        pool.restake(node, ticket, node);
        assertEq(pool.positionOf(node, alice).shares, 1_000 * LINK);
        assertEq(pool.nodeOf(node).totalShares, 1_000 * LINK);
        assertEq(pool.nodeOf(node).assets, 1_000 * LINK);
    }

    function test_retirement_starts_every_clock_and_pays_everybody() public {
        stake(bob, node, 500 * LINK);
        uint32 early = unbond(alice, node, 100 * LINK);
        skip(10 days);
        retire(node);
        skip(5 days);
        uint32 late = unbond(alice, node, 100 * LINK);
        assertEq(pool.ticketOf(node, alice, late).readyAt, block.timestamp - 5 days + UNBONDING);
        skip(UNBONDING - 5 days - 1);
        withdraw(alice, node, early);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, block.timestamp + 1));
        pool.withdrawRetired(node, bob);
        skip(1);
        uint256 held = link.balanceOf(bob);
        vm.prank(carol);
        assertEq(pool.withdrawRetired(node, bob), 500 * LINK);
        assertEq(link.balanceOf(bob), held + 500 * LINK);
        vm.prank(carol);
        assertEq(pool.withdraw(node, alice, late), 100 * LINK);
        assertEq(pool.withdrawRetired(node, bob), 0);
    }

    function test_being_withdrawn_keeps_the_rewards() public {
        reward(node, 100 * LINK);
        retire(node);
        skip(UNBONDING);
        vm.prank(carol);
        pool.withdrawRetired(node, alice);
        assertApproxEqAbs(claim(alice, node), 95 * LINK, 10_000);
        assertEq(claim(alice, node), 0);
    }

    /// Stake comes out whole through the worst: below half price a node retires itself, and shares stay bounded.
    function test_below_half_price_a_node_retires_itself() public {
        uint256 assets = 1_000 * LINK;
        uint256 rounds;
        while (pool.nodeOf(node).status != IStakingPool.Status.Retired) {
            penalise(node, 1_000);
            assets -= assets / 10;
            skip(28 days);
            ++rounds;
        }
        assertEq(rounds, 7, "0.9^7 is the first power below a half");
        assertEq(pool.nodeOf(node).assets, assets);
        assertEq(pool.registry().liveNodes, 1);
        skip(28 days);
        vm.prank(carol);
        assertEq(pool.withdrawRetired(node, alice), assets);
    }

    /// Invariant 5: nobody else acting, a round trip in k tickets returns at most the amount, and at least it less k.
    function testFuzz_a_round_trip_costs_at_most_a_juel_a_ticket(uint256 amount, uint16 bps, uint256 tickets) public {
        tickets = bound(tickets, 1, 6);
        amount = bound(amount, (tickets + 1) * LINK, 50_000 * LINK);
        penalise(node, uint16(bound(bps, 1, 1_000)));
        stake(bob, node, amount);
        for (uint256 i = 1; i < tickets; ++i) {
            unbond(bob, node, LINK / 2 + uint256(keccak256(abi.encode(amount, i))) % (LINK / 2));
        }
        unbond(bob, node, pool.positionOf(node, bob).shares);
        skip(UNBONDING);
        uint256 paid;
        for (uint32 i; i < tickets; ++i) {
            paid += withdraw(bob, node, i);
        }
        assertLe(paid, amount);
        assertGe(paid, amount - tickets);
    }
}
