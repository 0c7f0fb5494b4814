// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

/// A reward becomes stake, as if it had been claimed and staked.
contract CompoundTest is Fixture {
    function setUp() public override {
        super.setUp();
        stake(alice, node, 1_000 * LINK);
        reward(node, 100 * LINK);
        skip(7 days);
    }

    function compound(address target, bytes memory reason) private returns (uint256 amount) {
        vm.prank(alice);
        if (reason.length != 0) vm.expectRevert(reason);
        amount = pool.compound(node, target);
    }

    function test_a_reward_becomes_stake_on_the_same_node() public {
        (uint256 held, uint256 accounted) = (link.balanceOf(alice), pool.totals().accounted);
        assertEq(compound(node, ""), 95 * LINK);
        assertEq(pool.positionOf(node, alice).shares, 1_095 * LINK);
        assertEq(pool.nodeOf(node).assets, 1_095 * LINK);
        assertEq(pool.nodeOf(node).activeShares, 1_095 * LINK);
        assertEq(link.balanceOf(alice), held, "no LINK moved");
        assertEq(pool.totals().accounted, accounted, "no LINK moved");
        assertEq(claim(alice, node), 0);
    }

    function test_a_reward_becomes_stake_on_another_node() public {
        assertEq(compound(other, ""), 95 * LINK);
        assertEq(pool.positionOf(node, alice).shares, 1_000 * LINK);
        assertEq(pool.positionOf(other, alice).shares, 95 * LINK);
        assertEq(pool.nodeOf(other).assets, 95 * LINK);
        assertEq(claim(alice, node), 0);
    }

    /// Whoever claims and stakes has, to the juel and to every field, what whoever compounds has.
    function test_compounding_is_a_claim_and_a_stake() public {
        stake(bob, other, 7 * LINK);
        penalise(other, 333);
        uint256 snapshot = vm.snapshotState();
        compound(other, "");
        bytes32 compounded = state();
        vm.revertToState(snapshot);
        stake(alice, other, claim(alice, node));
        assertEq(state(), compounded);
    }

    function state() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                pool.nodeOf(node),
                pool.nodeOf(other),
                pool.positionOf(node, alice),
                pool.positionOf(other, alice),
                pool.totals(),
                link.balanceOf(address(pool)),
                link.balanceOf(alice)
            )
        );
    }

    function test_the_events_are_those_of_a_claim_and_a_stake() public {
        IStakingPool.Stream memory stream =
            IStakingPool.Stream(uint128(95 * LINK / 1_000), 0, uint40(block.timestamp), uint40(block.timestamp));
        IStakingPool.Stream memory still;
        uint96 accounted = pool.totals().accounted;
        uint96 amount = uint96(95 * LINK);
        vm.expectEmit();
        emit IStakingPool.RewardClaimed(node, alice, amount, int128(uint128(amount)), stream, accounted - amount);
        vm.expectEmit();
        emit IStakingPool.Staked(other, alice, amount, amount, amount, 0, amount, amount, amount, still, accounted);
        compound(other, "");
    }

    function test_it_obeys_what_a_stake_obeys() public {
        vm.prank(guardian);
        pool.pause(uint40(block.timestamp + 1));
        compound(node, abi.encodeWithSelector(IStakingPool.InflowsPaused.selector, block.timestamp + 1));
        skip(1);
        compound(bob, abi.encodeWithSelector(IStakingPool.UnknownNode.selector, bob));
        vm.prank(registrar);
        pool.closeNode(other);
        compound(other, abi.encodeWithSelector(IStakingPool.NodeNotOpen.selector, other));
        requestPenalty(node, 1);
        compound(node, abi.encodeWithSelector(IStakingPool.PenaltyPending.selector, node, block.timestamp + 7 days));
        vm.startPrank(guardian);
        pool.vetoPenalty(node);
        pool.reopenNode(other);
        vm.stopPrank();
        vm.prank(timelock);
        pool.setCap(other, 94);
        compound(other, abi.encodeWithSelector(IStakingPool.CapExceeded.selector, other, 95 * LINK, 94 * LINK));
        retire(other);
        compound(other, abi.encodeWithSelector(IStakingPool.NodeHasRetired.selector, other));
        assertEq(claim(alice, node), 95 * LINK, "a refusal takes nothing");
    }

    function test_it_leaves_a_valid_position() public {
        reward(node, LINK);
        skip(7 days);
        claim(alice, node);
        reward(node, LINK);
        skip(7 days);
        compound(other, abi.encodeWithSelector(IStakingPool.PositionTooSmall.selector, 95 * LINK / 100, LINK));
        compound(node, "");
        assertEq(pool.positionOf(node, alice).shares, 1_000 * LINK + 95 * LINK / 100);
    }

    function test_a_retired_node_is_left_with_its_reward() public {
        retire(node);
        assertEq(compound(other, ""), 95 * LINK);
        assertEq(pool.positionOf(other, alice).shares, 95 * LINK);
    }

    function test_only_the_holder_compounds() public {
        vm.prank(carol);
        assertEq(pool.compound(node, node), 0);
        assertEq(claim(alice, node), 95 * LINK);
    }

    /// Nothing needs no target.
    function test_nothing_compounds_to_nothing() public {
        claim(alice, node);
        assertEq(compound(bob, ""), 0);
    }
}
