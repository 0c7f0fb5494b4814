// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

contract RewardsTest is Fixture {
    function setUp() public override {
        super.setUp();
        stake(alice, node, 300 * LINK);
        stake(bob, node, 700 * LINK);
    }

    function test_a_reward_splits_into_fee_and_shares_to_the_juel() public {
        reward(node, 1_000 * LINK);
        assertEq(pool.totals().feesOwed, 50 * LINK);
        assertEq(pool.nodeOf(node).unvested, 950 * LINK);
        skip(7 days);
        assertEq(claim(alice, node), 285 * LINK);
        assertEq(claim(bob, node), 665 * LINK);
        assertEq(pool.nodeOf(node).unvested, 0);
    }

    function test_rewards_vest_linearly() public {
        reward(node, 1_000 * LINK);
        skip(7 days / 4);
        assertEq(claim(alice, node), 285 * LINK / 4);
        skip(7 days / 4);
        assertEq(claim(alice, node), 285 * LINK / 4);
        skip(70 days);
        assertEq(claim(alice, node), 285 * LINK / 2);
    }

    function test_unbonding_stops_earning_at_once() public {
        reward(node, 1_000 * LINK);
        skip(7 days / 2);
        unbond(alice, node, 300 * LINK);
        skip(7 days);
        assertEq(claim(alice, node), 285 * LINK / 2);
        assertApproxEqAbs(claim(bob, node), 665 * LINK / 2 + 950 * LINK / 2, 1_000);
    }

    function test_the_clock_stands_still_while_nothing_is_active() public {
        reward(other, 1_000 * LINK);
        skip(100 days);
        stake(alice, other, 10 * LINK);
        assertEq(claim(alice, other), 0);
        skip(7 days / 2);
        assertEq(claim(alice, other), 475 * LINK);
        unbond(alice, other, 10 * LINK);
        skip(100 days);
        stake(bob, other, 10 * LINK);
        skip(7 days / 2);
        assertEq(claim(bob, other), 475 * LINK);
    }

    function test_a_penalty_leaves_earned_rewards_alone() public {
        reward(node, 1_000 * LINK);
        penalise(node, 1_000);
        skip(7 days);
        assertEq(claim(alice, node), 285 * LINK);
        assertEq(claim(bob, node), 665 * LINK);
    }

    function test_a_retired_node_keeps_vesting_and_takes_no_more() public {
        reward(node, 1_000 * LINK);
        retire(node);
        bytes memory reason = abi.encodeWithSelector(IStakingPool.NodeHasRetired.selector, node);
        assertRefused(carol, LINK, rewardData(node, LINK), reason);
        skip(7 days);
        assertEq(claim(alice, node), 285 * LINK);
        assertEq(claim(bob, node), 665 * LINK);
    }

    function test_what_a_retired_node_cannot_pay_out_is_swept_when_it_empties() public {
        reward(node, 1_000 * LINK);
        retire(node);
        unbond(alice, node, 300 * LINK);
        assertEq(pool.totals().sinkOwed, 0);
        skip(7 days / 2);
        unbond(bob, node, 700 * LINK);
        assertApproxEqAbs(pool.totals().sinkOwed, 475 * LINK, 1_000);
        assertEq(pool.nodeOf(node).unvested, 0);
        assertApproxEqAbs(claim(bob, node), 475 * LINK, 1_000);
    }

    function test_retiring_a_node_without_active_stake_sweeps_at_once() public {
        reward(other, 1_000 * LINK);
        retire(other);
        assertEq(pool.totals().sinkOwed, 950 * LINK);
        assertEq(pool.nodeOf(other).unvested, 0);
    }

    function test_a_reward_may_name_many_nodes() public {
        bytes memory data = bytes.concat("RWRD", word(node, 100 * LINK), word(other, 200 * LINK));
        link.transferAndCall(address(pool), 300 * LINK, data);
        assertEq(pool.nodeOf(node).unvested, 95 * LINK);
        assertEq(pool.nodeOf(other).unvested, 190 * LINK);
        assertEq(pool.totals().feesOwed, 15 * LINK);
        assertEq(pool.totals().accounted, 1_300 * LINK);
    }

    function test_unknown_nodes_take_no_rewards() public {
        bytes memory unknown = abi.encodeWithSelector(IStakingPool.UnknownNode.selector, carol);
        assertRefused(bob, LINK, rewardData(carol, LINK), unknown);
    }

    /// Entering rounds the debt up, so a new position can be a juel below zero. That is nothing, and not a juel to claim.
    function test_a_reward_below_zero_is_nothing() public {
        reward(node, 1_000 * LINK + 7);
        skip(12_345);
        uint256 below;
        for (uint256 i; i < 5; ++i) {
            stake(carol, node, LINK + i);
            IStakingPool.Position memory p = pool.positionOf(node, carol);
            if (int256(uint256(p.shares) * pool.nodeOf(node).accPerShare / LINK) < p.debt) ++below;
            assertEq(claim(carol, node), 0);
        }
        assertGt(below, 0, "no case was below zero");
    }

    function test_only_the_recipient_pulls_the_fees_and_only_once() public {
        reward(node, 1_000 * LINK);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.OnlyFeeRecipient.selector, address(this)));
        pool.payFees();
        vm.startPrank(feeRecipient);
        assertEq(pool.payFees(), 50 * LINK);
        assertEq(link.balanceOf(feeRecipient), 50 * LINK);
        vm.expectRevert(IStakingPool.NothingToPay.selector);
        pool.payFees();
    }

    function test_anybody_pays_the_sink_and_only_the_sink() public {
        penalise(node, 1_000);
        vm.prank(carol);
        assertEq(pool.paySink(), 100 * LINK);
        assertEq(link.balanceOf(sink), 100 * LINK);
        vm.expectRevert(IStakingPool.NothingToPay.selector);
        pool.paySink();
    }

    function test_a_second_reward_moves_the_horizon_by_its_weight() public {
        reward(node, 1_000 * LINK);
        skip(7 days / 2);
        reward(node, 500 * LINK);
        // Half of 950 is left for half the time; 475 come in for the whole of it.
        assertEq(pool.nodeOf(node).vestEnd, block.timestamp + (3.5 days + 7 days) / 2);
    }

    function testFuzz_rewards_are_never_paid_out_of_stake(uint96 first, uint96 second, uint32 wait) public {
        reward(node, bound(first, 1, 1e26));
        skip(wait);
        reward(node, bound(second, 1, 1e26));
        skip(wait);
        claim(alice, node);
        IStakingPool.Pool memory p = pool.totals();
        uint256 owed = uint256(pool.nodeOf(node).assets) + pool.nodeOf(node).unvested + p.feesOwed;
        assertGe(link.balanceOf(address(pool)), owed);
        assertEq(link.balanceOf(address(pool)), p.accounted);
    }
}
