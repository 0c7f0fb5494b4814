// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "./Fixture.sol";
import {Bounds} from "../../contracts/libraries/Bounds.sol";
import {IStakingPool} from "../../contracts/interfaces/IStakingPool.sol";
import {console} from "forge-std/console.sol";

/// Every key but the timelock's is hostile at once. A holder who leaves at the first hostile act loses no more than the
/// bounded penalties; the test finds that loss by letting the slasher take all it can, and prints it.
contract HostileRolesTest is Fixture {
    uint256 private constant STAKE = 10_000 * LINK;

    function setUp() public override {
        super.setUp();
        stake(alice, node, STAKE);
        stake(bob, node, 3 * STAKE);
        reward(node, 1_000 * LINK);
        skip(7 days);
    }

    /// Takes the most the rules allow at this moment, and reports whether it took anything.
    function takeAll() private {
        IStakingPool.Node memory n = pool.nodeOf(node);
        if (block.timestamp < n.penaltyUntil) {
            if (block.timestamp >= n.penaltyUntil - Bounds.EXECUTION) {
                vm.prank(slasher);
                pool.executePenalty(node);
                takeAll();
            }
            return;
        }
        uint256 leaked = (block.timestamp - n.bucketAt) / Bounds.PENALTY_LEAK;
        uint256 level = leaked > n.bucketLevel ? 0 : n.bucketLevel - leaked;
        uint256 room = Bounds.PENALTY_CAPACITY_BPS - level;
        uint256 bps = room > Bounds.MAX_PENALTY_BPS ? Bounds.MAX_PENALTY_BPS : room;
        if (bps != 0) requestPenalty(node, uint16(bps));
    }

    function annoy() private {
        vm.prank(guardian);
        pool.pause(uint40(block.timestamp + 7 days));
        vm.prank(reporter);
        pool.reportNetwork(0);
        vm.prank(guardian);
        (bool closed,) = address(pool).call(abi.encodeCall(pool.closeNode, (node)));
        vm.prank(feeRecipient);
        (bool paid,) = address(pool).call(abi.encodeCall(pool.payFees, ()));
        vm.prank(registrar);
        (bool registered,) = address(pool).call(abi.encodeCall(pool.registerNode, (carol, 0, "")));
        (closed, paid, registered);
    }

    function test_a_holder_who_leaves_at_once_loses_only_bounded_penalties() public {
        uint256 held = link.balanceOf(alice);
        // The first hostile act, and the holder sees it.
        takeAll();
        annoy();
        uint32 ticket = unbond(alice, node, STAKE);
        for (uint256 day; day < 28; ++day) {
            skip(1 days);
            takeAll();
            annoy();
        }
        uint256 amount = withdraw(alice, node, ticket);
        uint256 rewards = claim(alice, node);
        assertEq(link.balanceOf(alice), held + amount + rewards);
        assertApproxEqAbs(rewards, 950 * LINK / 4, 1_000, "rewards were touched");

        uint256 lost = (STAKE - amount) * 10_000 / STAKE;
        uint256 bound = Bounds.PENALTY_CAPACITY_BPS + Bounds.UNBONDING / Bounds.PENALTY_LEAK;
        console.log("hostile_roles_lost_bps", lost);
        console.log("hostile_roles_bound_bps", bound);
        assertLe(lost, bound, "lost more than the bound");
        assertGe(lost, 2_000, "the slasher did not try");
    }

    function test_with_the_guardian_honest_nothing_is_lost() public {
        requestPenalty(node, 1_000);
        uint32 ticket = unbond(alice, node, STAKE);
        skip(3 days);
        vm.startPrank(guardian);
        pool.vetoPenalty(node);
        pool.revokeRoles(slasher, SLASHER);
        vm.stopPrank();
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.MissingRole.selector, slasher, SLASHER));
        pool.requestPenalty(node, 1_000, "evidence", uint40(block.timestamp));
        skip(25 days);
        assertEq(withdraw(alice, node, ticket), STAKE);
    }

    /// Whatever the owner announces, a holder who leaves on the announcement is out before it can happen.
    function test_the_timelock_is_slower_than_leaving() public {
        bytes memory raise = abi.encodeCall(pool.setFee, (2_000));
        vm.prank(multisig);
        (bool scheduled,) = timelock.call(
            abi.encodeWithSignature(
                "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", pool, 0, raise, 0, 0, 28 days
            )
        );
        assertTrue(scheduled);
        uint32 ticket = unbond(alice, node, STAKE);
        bytes memory execute =
            abi.encodeWithSignature("execute(address,uint256,bytes,bytes32,bytes32)", pool, 0, raise, 0, 0);
        skip(28 days - 1);
        vm.prank(multisig);
        (bool early,) = timelock.call(execute);
        assertFalse(early, "executed before the delay");
        skip(1);
        assertEq(withdraw(alice, node, ticket), STAKE);
        vm.prank(multisig);
        (bool executed,) = timelock.call(execute);
        assertTrue(executed);
        assertEq(pool.totals().feeBps, 2_000);
    }
}
