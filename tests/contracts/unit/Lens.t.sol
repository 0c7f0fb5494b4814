// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingLens} from "../../../contracts/interfaces/IStakingLens.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

contract LensTest is Fixture {
    IStakingLens private lens;

    function setUp() public override {
        super.setUp();
        lens = IStakingLens(vm.deployCode("StakingLens.sol:StakingLens"));
        stake(alice, node, 1_000 * LINK);
    }

    function test_pages_end_with_the_list() public {
        register(uint256(keccak256("third")));
        assertEq(lens.nodes(pool, 0, 2).length, 2);
        assertEq(lens.nodes(pool, 2, 2).length, 1);
        assertEq(lens.nodes(pool, 3, 2).length, 0);
        assertEq(lens.nodes(pool, type(uint256).max, 200).length, 0);
        assertEq(lens.nodes(pool, 1, 1)[0].wallet, other);
        vm.expectRevert(abi.encodeWithSelector(IStakingLens.PageTooLong.selector, 201, 200));
        lens.nodes(pool, 0, 201);
    }

    function test_a_node_is_shown_as_of_now() public {
        reward(node, 1_000 * LINK);
        skip(7 days / 2);
        IStakingLens.NodeView memory n = lens.nodes(pool, 0, 1)[0];
        assertEq(n.state.unvested, 950 * LINK);
        assertEq(n.unvestedNow, 475 * LINK);
        assertEq(n.accPerShareNow, 475 * LINK * LINK / (1_000 * LINK));
        assertEq(n.activeAmount, 1_000 * LINK);
        assertEq(n.maxStake, 99_000 * LINK);
    }

    function test_pending_rewards_are_what_a_claim_pays() public {
        stake(bob, node, 333 * LINK);
        reward(node, 1_000 * LINK);
        skip(12_345);
        uint256 pending = lens.pendingReward(pool, node, alice);
        assertEq(lens.position(pool, node, alice).pendingReward, pending);
        assertEq(claim(alice, node), pending);
        assertEq(lens.pendingReward(pool, node, alice), 0);
    }

    function test_positions_and_tickets_are_worth_what_they_would_pay() public {
        uint32 ticket = unbond(alice, node, 400 * LINK);
        penalise(node, 1_000);
        IStakingLens.PositionView memory p = lens.positions(pool, alice, 0, 10)[0];
        assertEq(p.shares, 600 * LINK);
        assertEq(p.amount, 540 * LINK);
        assertEq(p.tickets, 1);
        IStakingLens.TicketView memory t = lens.tickets(pool, node, alice, 0, 10)[0];
        assertEq(t.amount, 360 * LINK);
        assertEq(lens.previewWithdraw(pool, node, alice, ticket), 360 * LINK);
        skip(28 days);
        assertEq(withdraw(alice, node, ticket), 360 * LINK);
        assertEq(lens.tickets(pool, node, alice, 0, 10)[0].shares, 0);
        assertEq(lens.tickets(pool, node, alice, 1, 10).length, 0);
    }

    function test_previews_are_exact() public {
        penalise(node, 777);
        uint256 shares = lens.previewStake(pool, node, 55 * LINK);
        stake(bob, node, 55 * LINK);
        assertEq(pool.positionOf(node, bob).shares, shares);
        uint256 needed = lens.previewUnbond(pool, node, 10 * LINK);
        IStakingPool.Node memory n = pool.nodeOf(node);
        assertGe(needed * n.assets / n.totalShares, 10 * LINK);
        assertLt((needed - 1) * n.assets / n.totalShares, 10 * LINK);
    }

    function test_an_empty_node_has_previews_too() public view {
        assertEq(lens.previewStake(pool, other, 5), 5);
        assertEq(lens.previewUnbond(pool, other, 5), 0);
        assertEq(lens.previewWithdraw(pool, other, alice, 0), 0);
    }
}
