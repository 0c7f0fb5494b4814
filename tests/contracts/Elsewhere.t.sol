// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "./Fixture.sol";
import {IStakingPool} from "../../contracts/interfaces/IStakingPool.sol";

/// What went wrong in other staking systems, and in earlier drafts of this one. Each test has failed on a variant of the
/// contract that is broken in that way: see mutants/.
contract ElsewhereTest is Fixture {
    function test_shares_cannot_be_inflated_by_donation() public {
        stake(carol, node, LINK);
        vm.startPrank(carol);
        link.transfer(address(pool), 10_000 * LINK);
        vm.stopPrank();
        reward(node, 10_000 * LINK);
        skip(7 days);
        stake(alice, node, 5 * LINK);
        assertEq(pool.positionOf(node, alice).shares, 5 * LINK, "a juel is a share, whatever was given");
        uint32 ticket = unbond(alice, node, 5 * LINK);
        skip(28 days);
        assertEq(withdraw(alice, node, ticket), 5 * LINK);
    }

    function test_nobody_leaves_ahead_of_a_penalty_while_still_earning() public {
        stake(alice, node, 1_000 * LINK);
        stake(bob, node, 1_000 * LINK);
        uint32 ticket = unbond(alice, node, 1_000 * LINK);
        reward(node, 100 * LINK);
        skip(20 days);
        // Asking early is not a standing option to leave: the ticket earned nothing, and is still penalised.
        assertEq(claim(alice, node), 0);
        penalise(node, 1_000);
        skip(28 days);
        assertEq(withdraw(alice, node, ticket), 900 * LINK);
    }

    function test_matured_stake_that_stays_is_at_risk_and_earns_nothing() public {
        stake(alice, node, 1_000 * LINK);
        stake(bob, node, 1_000 * LINK);
        uint32 ticket = unbond(alice, node, 1_000 * LINK);
        skip(100 days);
        reward(node, 100 * LINK);
        penalise(node, 1_000);
        skip(7 days);
        assertEq(claim(alice, node), 0);
        assertEq(withdraw(alice, node, ticket), 900 * LINK);
    }

    function test_a_removed_operator_is_penalised_and_its_stakers_leave() public {
        stake(alice, node, 1_000 * LINK);
        retire(node);
        penalise(node, 1_000);
        assertEq(pool.totals().sinkOwed, 100 * LINK);
        skip(28 days);
        assertEq(pool.withdrawRetired(node, alice), 900 * LINK);
    }

    function test_penalties_go_on_when_rewards_run_dry() public {
        stake(alice, node, 1_000 * LINK);
        skip(300 days);
        penalise(node, 1_000);
        assertEq(pool.nodeOf(node).assets, 900 * LINK);
    }

    function test_a_pause_lets_nobody_skip_unbonding() public {
        stake(alice, node, 1_000 * LINK);
        uint32 ticket = unbond(alice, node, 500 * LINK);
        vm.prank(guardian);
        pool.pause(uint40(block.timestamp + 7 days));
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, block.timestamp + 28 days));
        withdraw(alice, node, ticket);
        uint32 late = unbond(alice, node, 500 * LINK);
        skip(28 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, block.timestamp + 1));
        withdraw(alice, node, late);
    }

    function test_rewards_are_never_paid_out_of_principal() public {
        stake(alice, node, 1_000 * LINK);
        stake(bob, other, 1_000 * LINK);
        reward(node, 100 * LINK);
        skip(365 days);
        claim(alice, node);
        assertEq(pool.nodeOf(node).assets, 1_000 * LINK);
        assertEq(link.balanceOf(address(pool)), 2_000 * LINK + pool.totals().feesOwed + pool.nodeOf(node).unvested);
        // A reward without LINK is no reward.
        vm.prank(slasher);
        vm.expectRevert(IStakingPool.OnlyLink.selector);
        pool.onTokenTransfer(slasher, 100 * LINK, rewardData(node, 100 * LINK));
    }

    function test_dust_rewards_dilute_nothing() public {
        stake(alice, node, 1_000 * LINK);
        reward(node, 700 * LINK);
        for (uint256 i; i < 14; ++i) {
            skip(12 hours);
            reward(node, 1);
        }
        // All of the reward has vested by its own end, however often dust came in.
        assertApproxEqAbs(claim(alice, node), 665 * LINK, 20_000);
        assertRefused(carol, 0, rewardData(node, 0), abi.encodeWithSelector(IStakingPool.ZeroAmount.selector));
    }

    function test_one_block_of_stake_takes_nothing_of_a_large_reward() public {
        stake(alice, node, 10_000 * LINK);
        stake(carol, node, 90_000 * LINK);
        reward(node, 100 * LINK);
        assertEq(claim(carol, node), 0);
        skip(12);
        unbond(carol, node, 90_000 * LINK);
        uint256 part = claim(carol, node);
        assertLe(part, uint256(95 * LINK) * 12 / 7 days, "more than what vested in a block");
    }

    function test_a_second_unbond_leaves_the_first_alone() public {
        stake(alice, node, 1_000 * LINK);
        uint32 first = unbond(alice, node, 100 * LINK);
        uint40 readyAt = pool.ticketOf(node, alice, first).readyAt;
        skip(20 days);
        uint32 second = unbond(alice, node, 100 * LINK);
        assertEq(pool.ticketOf(node, alice, first).readyAt, readyAt, "the first is not pushed back");
        vm.warp(readyAt);
        assertEq(withdraw(alice, node, first), 100 * LINK);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, readyAt + 20 days));
        withdraw(alice, node, second);
    }

    function test_third_parties_touch_no_clock() public {
        stake(alice, node, 1_000 * LINK);
        stake(bob, node, 1_000 * LINK);
        uint32 ticket = unbond(alice, node, 100 * LINK);
        bytes32 before = keccak256(abi.encode(pool.ticketOf(node, alice, ticket), pool.positionOf(node, alice)));
        unbond(bob, node, 100 * LINK);
        stake(bob, node, 100 * LINK);
        reward(node, LINK);
        penalise(node, 100);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotRetired.selector, node));
        pool.withdraw(node, alice, ticket);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.UnknownTicket.selector, node, bob, 1));
        pool.cancelUnbond(node, 1);
        vm.stopPrank();
        retire(node);
        assertEq(keccak256(abi.encode(pool.ticketOf(node, alice, ticket), pool.positionOf(node, alice))), before);
    }

    function test_a_ticket_holds_shares_not_an_amount() public {
        stake(alice, node, 1_000 * LINK);
        stake(bob, node, 1_000 * LINK);
        uint32 ticket = unbond(alice, node, 1_000 * LINK);
        penalise(node, 1_000);
        skip(28 days);
        assertEq(withdraw(alice, node, ticket), 900 * LINK, "who asked before a penalty pays the same as who stayed");
        uint32 late = unbond(bob, node, 1_000 * LINK);
        skip(28 days);
        assertEq(withdraw(bob, node, late), 900 * LINK);
    }

    function test_a_fee_recipient_that_fails_blocks_nobody() public {
        // Fees are pulled, so even code that always reverts at the recipient is never called.
        vm.etch(feeRecipient, hex"fe");
        stake(alice, node, 1_000 * LINK);
        reward(node, 100 * LINK);
        skip(7 days);
        claim(alice, node);
        uint32 ticket = unbond(alice, node, 1_000 * LINK);
        skip(28 days);
        withdraw(alice, node, ticket);
    }

    function test_a_fee_change_leaves_old_rewards_alone() public {
        stake(alice, node, 1_000 * LINK);
        reward(node, 100 * LINK);
        vm.prank(timelock);
        pool.setFee(2_000);
        skip(7 days);
        assertEq(claim(alice, node), 95 * LINK);
        reward(node, 100 * LINK);
        skip(7 days);
        assertEq(claim(alice, node), 80 * LINK);
    }

    /// Nothing loops over nodes, stakers or tickets, so no number of them makes leaving dearer.
    function test_leaving_costs_the_same_among_many() public {
        stake(alice, node, 1_000 * LINK);
        uint256 alone = leavingGas();
        for (uint256 i; i < 50; ++i) {
            address staker = address(uint160(0x1000 + i));
            link.transfer(staker, 10 * LINK);
            stake(staker, node, 10 * LINK);
            unbond(staker, node, LINK);
            unbond(alice, node, LINK);
        }
        assertApproxEqAbs(leavingGas(), alone, 100);
    }

    function leavingGas() private returns (uint256 gas) {
        uint32 ticket = unbond(alice, node, LINK);
        skip(28 days);
        vm.prank(alice);
        gas = gasleft();
        pool.withdraw(node, alice, ticket);
        gas -= gasleft();
    }

    function test_rounding_strands_no_dust() public {
        stake(alice, node, 3 * LINK + 1);
        stake(bob, node, 7 * LINK + 5);
        penalise(node, 333);
        stake(carol, node, 11 * LINK + 7);
        address[3] memory holders = [alice, bob, carol];
        for (uint256 i; i < 3; ++i) {
            unbond(holders[i], node, LINK + i);
            unbond(holders[i], node, pool.positionOf(node, holders[i]).shares);
        }
        skip(28 days);
        for (uint256 i; i < 3; ++i) {
            withdraw(holders[i], node, 0);
            withdraw(holders[i], node, 1);
        }
        assertEq(pool.nodeOf(node).assets, 0);
        assertEq(pool.totals().accounted, pool.totals().sinkOwed);
        assertEq(link.balanceOf(address(pool)), pool.totals().sinkOwed);
    }

    // --- attacks on earlier drafts of this design --------------------------------------------------------------

    function test_one_active_share_cannot_drive_the_accumulator_to_its_end() public {
        stake(carol, node, LINK);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PositionTooSmall.selector, 1, LINK));
        unbond(carol, node, LINK - 1);
        // The largest rewards there can be, against the fewest shares, still lock nobody in.
        stake(alice, other, LINK);
        for (uint256 i; i < 4; ++i) {
            uint256 all = link.balanceOf(address(this));
            reward(other, all);
            skip(7 days);
            claim(alice, other);
            uint256 held = link.balanceOf(alice) - 10_000_000 * LINK;
            vm.prank(alice);
            link.transfer(address(this), held);
        }
        assertEq(pool.nodeOf(other).accPerShare, 2e27, "it stops at its end");
        stake(bob, other, 99_000 * LINK);
        uint32 ticket = unbond(bob, other, 99_000 * LINK);
        unbond(alice, other, LINK);
        skip(28 days);
        assertEq(withdraw(bob, other, ticket), 99_000 * LINK);
        assertEq(withdraw(alice, other, 0), LINK);
    }

    function test_a_node_outlives_any_count_of_events() public {
        // A stored nonce of 16 bits ended after 65,535 events; nothing here counts events.
        stake(alice, node, 1_000 * LINK);
        for (uint256 i; i < 300; ++i) {
            unbond(alice, node, LINK);
            vm.prank(alice);
            pool.cancelUnbond(node, uint32(i));
        }
        // The one counter left belongs to a staker and has 32 bits: just below its end it still works.
        bytes32 slot = keccak256(abi.encode(alice, keccak256(abi.encode(node, positionsSlot()))));
        uint256 packed = uint256(vm.load(address(pool), slot));
        vm.store(address(pool), slot, bytes32((packed & type(uint224).max) | (uint256(type(uint32).max) - 1) << 224));
        assertEq(unbond(alice, node, LINK), type(uint32).max - 1);
    }

    /// The slot of the mapping of positions, found by looking for alice's shares on the node.
    function positionsSlot() private view returns (uint256 slot) {
        while (
            uint96(uint256(vm.load(address(pool), keccak256(abi.encode(alice, keccak256(abi.encode(node, slot)))))))
                != pool.positionOf(node, alice).shares
        ) ++slot;
    }

    function test_restaking_dodges_no_penalty_after_retirement() public {
        stake(alice, node, 1_000 * LINK);
        retire(node);
        uint32 ticket = unbond(alice, node, 1_000 * LINK);
        requestPenalty(node, 1_000);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, block.timestamp + 28 days));
        pool.restake(node, ticket, other);
        skip(4 days);
        vm.prank(slasher);
        pool.executePenalty(node);
        skip(24 days);
        vm.prank(alice);
        pool.restake(node, ticket, other);
        assertEq(pool.nodeOf(other).assets, 900 * LINK);
    }

    function test_who_leaves_in_the_veto_window_pushes_nothing_onto_those_who_stay() public {
        stake(alice, node, 1_000 * LINK);
        stake(bob, node, 1_000 * LINK);
        uint32 ticket = unbond(alice, node, 1_000 * LINK);
        skip(28 days);
        requestPenalty(node, 1_000);
        withdraw(alice, node, ticket);
        skip(4 days);
        vm.prank(slasher);
        pool.executePenalty(node);
        // Basis points of what is there: bob loses his tenth, not alice's too.
        assertEq(pool.nodeOf(node).assets, 900 * LINK);
    }

    function test_a_request_that_nobody_executes_closes_a_node_for_a_while_only() public {
        requestPenalty(node, 1_000);
        skip(7 days);
        stake(alice, node, LINK);
        requestPenalty(node, 1_000);
        vm.prank(guardian);
        pool.vetoPenalty(node);
        stake(alice, node, LINK);
    }

    function test_what_leaves_unvested_is_rounded_up() public {
        stake(alice, node, 1_000 * LINK + 7);
        stake(bob, node, 2_000 * LINK + 11);
        reward(node, 1_000 * LINK + 13);
        uint256 paid;
        for (uint256 i; i < 500; ++i) {
            skip(1_117);
            paid += claim(alice, node) + claim(bob, node);
            uint256 owed = uint256(pool.nodeOf(node).assets) + pool.nodeOf(node).unvested + pool.totals().feesOwed;
            assertGe(link.balanceOf(address(pool)), owed, "insolvent");
        }
    }

    function test_withdrawing_everybody_else_takes_no_stream() public {
        stake(alice, node, 1_000 * LINK);
        stake(bob, node, 1_000 * LINK);
        reward(node, 100 * LINK);
        retire(node);
        vm.startPrank(carol);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, block.timestamp + 28 days));
        pool.withdrawRetired(node, alice);
        skip(28 days);
        pool.withdrawRetired(node, alice);
        vm.stopPrank();
        // All has vested before anybody can be withdrawn, so alice's half is hers.
        assertEq(claim(alice, node), 95 * LINK / 2);
        assertEq(claim(bob, node), 95 * LINK / 2);
    }

    function test_a_report_of_zero_closes_the_guard_until_the_next_report_only() public {
        vm.prank(reporter);
        pool.reportNetwork(0);
        assertEq(pool.guardHeadroom(), 0);
        vm.prank(reporter);
        pool.reportNetwork(1_000);
        assertEq(pool.guardHeadroom(), 98);
        register(uint256(keccak256("after")));
    }

    function test_cycling_stake_jams_no_bucket() public {
        stake(alice, node, 100_000 * LINK);
        for (uint256 i; i < 20; ++i) {
            uint32 ticket = unbond(alice, node, 100_000 * LINK);
            vm.prank(alice);
            pool.cancelUnbond(node, ticket);
        }
        requestPenalty(node, 1_000);
        register(uint256(keccak256("after")));
        // One node's penalties leave the capacity of the others alone.
        requestPenalty(other, 1_000);
    }

    function test_a_pause_can_be_renewed_until_the_owner_acts() public {
        for (uint256 i; i < 6; ++i) {
            vm.prank(guardian);
            pool.pause(uint40(block.timestamp + 7 days));
            skip(6 days);
            assertEq(pool.maxStake(node, alice), 0);
        }
        // 36 days on, the timelock's 28 have long passed.
        vm.prank(timelock);
        pool.setCap(node, 0);
    }

    function test_times_outlast_2106() public {
        vm.warp(uint256(type(uint32).max) - 1 days);
        stake(alice, node, 1_000 * LINK);
        reward(node, 100 * LINK);
        uint32 ticket = unbond(alice, node, 500 * LINK);
        assertEq(pool.ticketOf(node, alice, ticket).readyAt, uint256(type(uint32).max) + 27 days);
        penalise(node, 1_000);
        skip(28 days);
        assertEq(withdraw(alice, node, ticket), 450 * LINK);
        assertEq(claim(alice, node), 95 * LINK);
        vm.prank(guardian);
        pool.pause(uint40(block.timestamp + 1));
    }

    function test_a_node_filled_but_for_dust_does_not_look_open() public {
        stake(alice, node, 100_000 * LINK - 0.999 ether);
        assertEq(pool.maxStake(node, bob), 0);
        assertEq(pool.maxStake(node, address(0)), 0);
        assertEq(pool.maxStake(node, alice), 0.999 ether);
    }
}
