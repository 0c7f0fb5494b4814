// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {Bounds} from "../../../contracts/libraries/Bounds.sol";
import {EarningsFixture, FeedStandIn, IEarnings} from "../EarningsFixture.sol";
import {Vm} from "forge-std/Vm.sol";

contract EarningsTest is EarningsFixture {
    event RewardDeposited(
        address indexed node, address indexed from, uint96 amount, uint96 fee, IStakingPool.Stream, uint96, uint96
    );

    function test_what_was_sent_before_it_is_made_is_passed_on_at_its_first_use() public {
        address known = factory.earningsOf(other);
        link.transfer(known, 6 * LINK);
        assertEq(known.code.length, 0);
        expectReward(other, known);
        assertEq(factory.push(other), 6 * LINK);
        assertEq(link.balanceOf(known), 0);
        assertEq(address(factory.create(other)), known);
        assertEq(IEarnings(known).node(), other);
    }

    function test_two_wallets_and_two_pools_have_a_contract_each() public {
        assertTrue(factory.earningsOf(node) != factory.earningsOf(other));
        IStakingPool second = deploy(defaultSetup());
        assertTrue(newFactory(second).earningsOf(node) != factory.earningsOf(node));
    }

    function test_anybody_passes_on_and_the_stakers_get_it_less_the_fee() public {
        stake(alice, node, 1_000 * LINK);
        link.transfer(address(earnings), 100 * LINK);
        vm.prank(carol);
        assertEq(earnings.push(), 100 * LINK);
        assertEq(link.balanceOf(address(earnings)), 0);
        skip(Bounds.VEST);
        assertEq(claim(alice, node), 95 * LINK);
    }

    function test_a_node_without_stake_takes_rewards_which_wait() public {
        link.transfer(address(earnings), 10 * LINK);
        earnings.push();
        skip(Bounds.VEST);
        stake(alice, node, 100 * LINK);
        skip(Bounds.VEST);
        assertEq(claim(alice, node), 9.5 ether);
    }

    function test_with_nothing_to_send_nothing_happens() public {
        vm.recordLogs();
        assertEq(earnings.push(), 0);
        assertEq(earnings.collect(address(operator)), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_while_the_pool_does_not_know_the_node_the_link_stays() public {
        uint256 key = uint256(keccak256("later"));
        IEarnings later = factory.create(vm.addr(key));
        link.transfer(address(later), LINK);
        assertEq(later.push(), 0);
        assertEq(link.balanceOf(address(later)), LINK);
        link.transfer(address(operator), LINK);
        assertEq(later.collect(address(operator)), 0);
        assertEq(link.balanceOf(address(operator)), LINK);
        register(key);
        assertEq(later.push(), LINK);
        assertEq(link.balanceOf(address(later)), 0);
    }

    function test_a_closed_node_still_earns() public {
        vm.prank(guardian);
        pool.closeNode(node);
        link.transfer(address(earnings), LINK);
        expectReward(node, address(earnings));
        assertEq(earnings.push(), LINK);
    }

    function test_what_comes_after_the_retirement_goes_to_the_sink() public {
        retire(node);
        link.transfer(address(earnings), LINK);
        assertEq(earnings.push(), LINK);
        assertEq(link.balanceOf(sink), LINK);
        assertEq(link.balanceOf(address(earnings)), 0);
    }

    function test_an_operator_is_taken_only_with_the_nodes_wallet_as_sender() public {
        take();
        assertEq(operator.owner(), address(earnings));
        assertSenders();
        // The wallet lets another in, as it may; that is undone by whoever sees it.
        address[] memory both = new address[](2);
        (both[0], both[1]) = (node, carol);
        vm.prank(node);
        operator.setAuthorizedSenders(both);
        earnings.take(address(operator));
        assertSenders();
    }

    function test_an_operator_that_is_not_offered_is_not_taken() public {
        vm.expectRevert("Cannot set authorized senders");
        earnings.take(address(operator));
    }

    function test_nothing_is_taken_for_a_node_that_is_not_live() public {
        IEarnings unknown = factory.create(carol);
        vm.expectRevert(abi.encodeWithSelector(IEarnings.NodeNotLive.selector, carol));
        unknown.take(address(operator));
        vm.prank(guardian);
        pool.closeNode(node);
        take();
        retire(node);
        vm.expectRevert(abi.encodeWithSelector(IEarnings.NodeNotLive.selector, node));
        earnings.take(address(operator));
    }

    function test_what_an_operator_has_goes_to_the_pool_without_a_stop() public {
        stake(alice, node, 1_000 * LINK);
        take();
        link.transfer(address(operator), 4 * LINK);
        expectReward(node, address(operator));
        assertEq(earnings.collect(address(operator)), 4 * LINK);
        assertEq(link.balanceOf(address(operator)), 0);
        skip(Bounds.VEST);
        assertEq(claim(alice, node), 3.8 ether);
    }

    function test_what_a_request_that_is_not_answered_has_paid_stays_with_the_operator() public {
        take();
        request(LINK);
        link.transfer(address(operator), 2 * LINK);
        assertEq(earnings.collect(address(operator)), 2 * LINK);
        assertEq(link.balanceOf(address(operator)), LINK);
    }

    function test_an_operator_of_somebody_else_is_not_collected() public {
        link.transfer(address(operator), LINK);
        vm.expectRevert("Only callable by owner");
        earnings.collect(address(operator));
    }

    function test_after_the_retirement_an_operators_link_goes_to_the_sink() public {
        take();
        retire(node);
        link.transfer(address(operator), LINK);
        assertEq(earnings.collect(address(operator)), LINK);
        assertEq(link.balanceOf(sink), LINK);
    }

    function test_an_operator_is_released_to_the_pools_owner_once_the_last_share_has_left() public {
        take();
        vm.expectRevert(abi.encodeWithSelector(IEarnings.NodeNotLeft.selector, node));
        earnings.release(address(operator));
        stake(alice, node, 100 * LINK);
        retire(node);
        vm.expectRevert(abi.encodeWithSelector(IEarnings.NodeNotLeft.selector, node));
        earnings.release(address(operator));
        skip(Bounds.UNBONDING);
        pool.withdrawRetired(node, alice);
        link.transfer(address(operator), LINK);
        earnings.release(address(operator));
        assertEq(link.balanceOf(sink), LINK);
        vm.prank(timelock);
        operator.acceptOwnership();
        assertEq(operator.owner(), timelock);
    }

    function test_a_feeds_payee_is_accepted_and_its_payments_are_passed_on() public {
        stake(alice, node, 1_000 * LINK);
        FeedStandIn feed = newFeed(node);
        link.transfer(address(feed), 3 * LINK);
        feed.owe(node, 3 * LINK);
        assertEq(earnings.collectFeed(address(feed)), 3 * LINK);
        assertEq(feed.payee(node), address(earnings));
        link.transfer(address(feed), LINK);
        feed.owe(node, LINK);
        assertEq(earnings.collectFeed(address(feed)), LINK);
        skip(Bounds.VEST);
        assertEq(claim(alice, node), 3.8 ether);
    }

    function test_a_feed_whose_payee_is_another_is_not_collected() public {
        FeedStandIn feed = newFeed(other);
        vm.expectRevert("Only payee can withdraw");
        earnings.collectFeed(address(feed));
    }

    function test_a_feed_is_released_to_the_pools_owner_once_the_last_share_has_left() public {
        FeedStandIn feed = newFeed(node);
        earnings.collectFeed(address(feed));
        vm.expectRevert(abi.encodeWithSelector(IEarnings.NodeNotLeft.selector, node));
        earnings.releaseFeed(address(feed));
        retire(node);
        link.transfer(address(feed), LINK);
        feed.owe(node, LINK);
        earnings.releaseFeed(address(feed));
        assertEq(link.balanceOf(sink), LINK);
        vm.prank(timelock);
        feed.acceptPayeeship(node);
        assertEq(feed.payee(node), timelock);
    }

    function test_the_bare_implementation_refuses_every_call() public {
        IEarnings bare = IEarnings(factory.IMPLEMENTATION());
        link.transfer(address(bare), LINK);
        bytes memory reason = abi.encodeWithSelector(IEarnings.NotAClone.selector);
        vm.expectRevert(reason);
        bare.node();
        vm.expectRevert(reason);
        bare.push();
        vm.expectRevert(reason);
        bare.collect(address(operator));
        vm.expectRevert(reason);
        bare.take(address(operator));
        vm.expectRevert(reason);
        bare.collectFeed(address(operator));
        vm.expectRevert(reason);
        bare.release(address(operator));
        vm.expectRevert(reason);
        bare.releaseFeed(address(operator));
    }

    function test_ether_is_not_taken() public {
        vm.deal(address(this), 2 ether);
        (bool sent,) = address(earnings).call{value: 1 ether}("");
        assertFalse(sent);
        (sent,) = address(factory).call{value: 1 ether}("");
        assertFalse(sent);
    }

    function test_it_is_made_once_and_said_once() public {
        vm.recordLogs();
        factory.create(other);
        factory.create(other);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[1], bytes32(uint256(uint160(other))));
        assertEq(abi.decode(logs[0].data, (address)), factory.earningsOf(other));
    }

    function take() private {
        operator.transferOwnership(address(earnings));
        earnings.take(address(operator));
    }

    function assertSenders() private view {
        address[] memory senders = operator.getAuthorizedSenders();
        assertEq(senders.length, 1);
        assertEq(senders[0], node);
    }

    /// Who and from whom; the amounts are the pool's affair.
    function expectReward(address wallet, address from) private {
        vm.expectEmit(true, true, false, false, address(pool));
        emit RewardDeposited(wallet, from, 0, 0, IStakingPool.Stream(0, 0, 0, 0), 0, 0);
    }
}
