// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "./Fixture.sol";
import {IStakingPool} from "../../contracts/interfaces/IStakingPool.sol";
import {console} from "forge-std/console.sol";

/// Every key but the timelock's is hostile at once. A holder who leaves at the first hostile act loses no more than the
/// bounded penalties; the test lets the slasher take them in the worst way there is, and prints what is lost.
contract HostileRolesTest is Fixture {
    uint256 private constant STAKE = 10_000 * LINK;
    uint256 private start;

    function setUp() public override {
        super.setUp();
        stake(alice, node, STAKE);
        stake(bob, node, 3 * STAKE);
        reward(node, 1_000 * LINK);
        skip(7 days);
        start = block.timestamp;
    }

    function take(uint256 day) private {
        vm.warp(start + day * 1 days);
        vm.prank(slasher);
        pool.executePenalty(node);
    }

    function ask(uint256 day, uint16 bps) private {
        vm.warp(start + day * 1 days);
        requestPenalty(node, bps);
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

    /// The schedule is the worst of all that the rules allow: lemmas/worst.mjs searches them.
    function test_a_holder_who_leaves_at_once_loses_at_most_24_83_percent() public {
        uint256 held = link.balanceOf(alice);
        // The first hostile act, and the holder sees it.
        ask(0, 1_000);
        annoy();
        uint32 ticket = unbond(alice, node, STAKE);
        take(4);
        ask(17, 1_000);
        annoy();
        take(23);
        ask(24, 720);
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PenaltyPending.selector, node, block.timestamp + 7 days));
        pool.requestPenalty(node, 1, "evidence", uint40(block.timestamp));
        take(28);
        annoy();
        uint256 amount = withdraw(alice, node, ticket);
        uint256 rewards = claim(alice, node);
        assertEq(link.balanceOf(alice), held + amount + rewards);
        assertApproxEqAbs(rewards, 950 * LINK / 4, 1_000, "rewards were touched");

        uint256 lost = (STAKE - amount) * 1_000_000 / STAKE;
        console.log("hostile_roles_lost_ppm", lost);
        assertEq(lost, 248_320, "0.9 * 0.9 * 0.928 is left");
    }

    /// A basis point more, or a second earlier, and the bucket refuses the last one.
    function test_the_worst_schedule_has_no_room_for_a_basis_point_more() public {
        ask(0, 1_000);
        take(4);
        ask(17, 1_000);
        take(23);
        vm.warp(start + 24 days);
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PenaltyLimit.selector, node, 721, 720));
        pool.requestPenalty(node, 721, "evidence", uint40(block.timestamp));
        vm.warp(start + 24 days - 1);
        vm.prank(slasher);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.PenaltyLimit.selector, node, 720, 719));
        pool.requestPenalty(node, 720, "evidence", uint40(block.timestamp));
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
