// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {Vm} from "forge-std/Vm.sol";

/// Several of a holder's own calls in one transaction, and somebody who tries to break it by being faster.
contract BatchesTest is Fixture {
    bytes[] private batch;

    function setUp() public override {
        super.setUp();
        stake(alice, node, 1_000 * LINK);
        stake(alice, other, 1_000 * LINK);
    }

    function claiming(address wallet) private view returns (bytes memory) {
        return abi.encodeCall(pool.claim, (wallet, alice));
    }

    function withdrawing(address wallet, uint32 ticket) private view returns (bytes memory) {
        return abi.encodeCall(pool.withdraw, (wallet, alice, ticket));
    }

    function send(address by) private {
        vm.prank(by);
        pool.multicall(batch);
    }

    function test_fifty_nodes_are_claimed_in_one_transaction() public {
        vm.startPrank(timelock);
        pool.setProofless(true);
        vm.stopPrank();
        bytes memory stakes;
        bytes memory rewards = "RWRD";
        for (uint160 i = 1; i <= 50; ++i) {
            address wallet = address(0xa000 + i);
            if (i % 10 == 1) skip(1 days);
            vm.prank(registrar);
            pool.registerNode(wallet, 0, "");
            stakes = bytes.concat(stakes, word(wallet, 100 * LINK));
            rewards = bytes.concat(rewards, word(wallet, 10 * LINK));
            batch.push(claiming(wallet));
        }
        vm.prank(alice);
        link.transferAndCall(address(pool), 5_000 * LINK, stakes);
        link.transferAndCall(address(pool), 500 * LINK, rewards);
        skip(7 days);
        uint256 held = link.balanceOf(alice);
        send(alice);
        assertApproxEqAbs(link.balanceOf(alice), held + 475 * LINK, 50);
    }

    function test_ten_tickets_are_withdrawn_in_one_transaction() public {
        for (uint32 i; i < 10; ++i) {
            batch.push(withdrawing(node, unbond(alice, node, 10 * LINK)));
        }
        skip(28 days);
        uint256 held = link.balanceOf(alice);
        send(alice);
        assertEq(link.balanceOf(alice), held + 100 * LINK);
    }

    function test_unbonding_and_claiming_in_one_transaction() public {
        reward(node, 100 * LINK);
        skip(7 days);
        batch.push(abi.encodeCall(pool.unbond, (node, 1_000 * LINK)));
        batch.push(claiming(node));
        uint256 held = link.balanceOf(alice);
        send(alice);
        assertEq(link.balanceOf(alice), held + 95 * LINK);
        assertEq(pool.positionOf(node, alice).shares, 0);
    }

    function test_all_or_nothing_and_the_reason_is_passed_on() public {
        reward(node, 100 * LINK);
        skip(7 days);
        batch.push(claiming(node));
        batch.push(abi.encodeCall(pool.unbond, (other, 1_001 * LINK)));
        uint256 held = link.balanceOf(alice);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotEnoughShares.selector, 1_001 * LINK, 1_000 * LINK));
        pool.multicall(batch);
        assertEq(link.balanceOf(alice), held);
        batch[1] = abi.encodeWithSignature("nothing()");
        vm.prank(alice);
        vm.expectRevert(bytes(""));
        pool.multicall(batch);
        delete batch;
        send(alice);
    }

    /// A batch is its sender's: no role, and not the sender LINK, comes with it.
    function test_a_batch_can_do_no_more_than_its_sender() public {
        batch.push(abi.encodeCall(pool.pause, (0)));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.MissingRole.selector, alice, GUARDIAN));
        pool.multicall(batch);
        batch[0] = abi.encodeCall(pool.onTokenTransfer, (alice, LINK, word(node, LINK)));
        vm.prank(alice);
        vm.expectRevert(IStakingPool.OnlyLink.selector);
        pool.multicall(batch);
        batch[0] = abi.encodeCall(pool.unbond, (node, LINK));
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotEnoughShares.selector, LINK, 0));
        pool.multicall(batch);
        batch[0] = abi.encodeCall(pool.multicall, (batch));
        send(alice);
        assertEq(pool.positionOf(node, alice).tickets, 1);
    }

    // --- somebody else is faster, in the same block -------------------------------------------------------------

    function test_a_claim_that_was_made_for_the_holder_breaks_no_batch() public {
        reward(node, 100 * LINK);
        reward(other, 100 * LINK);
        skip(7 days);
        batch.push(claiming(node));
        batch.push(claiming(other));
        uint256 held = link.balanceOf(alice);
        vm.prank(carol);
        assertEq(pool.claim(node, alice), 95 * LINK);
        assertEq(link.balanceOf(alice), held + 95 * LINK, "paid to the staker");
        assertEq(link.balanceOf(carol), 10_000_000 * LINK, "and not to whoever asks");
        send(alice);
        assertEq(link.balanceOf(alice), held + 190 * LINK);
    }

    function test_a_claim_that_was_made_for_the_holder_breaks_no_compounding() public {
        reward(node, 100 * LINK);
        reward(other, 100 * LINK);
        skip(7 days);
        batch.push(abi.encodeCall(pool.compound, (node, node)));
        batch.push(abi.encodeCall(pool.compound, (other, node)));
        vm.prank(carol);
        pool.claim(node, alice);
        send(alice);
        assertEq(pool.positionOf(node, alice).shares, 1_095 * LINK);
    }

    function test_a_withdrawal_that_was_made_for_the_holder_breaks_no_batch() public {
        uint32 first = unbond(alice, node, 100 * LINK);
        uint32 second = unbond(alice, other, 100 * LINK);
        retire(node);
        skip(28 days);
        batch.push(withdrawing(node, first));
        batch.push(abi.encodeCall(pool.withdrawRetired, (node, alice)));
        batch.push(withdrawing(other, second));
        uint256 held = link.balanceOf(alice);
        vm.startPrank(carol);
        assertEq(pool.withdraw(node, alice, first), 100 * LINK);
        assertEq(pool.withdrawRetired(node, alice), 900 * LINK);
        vm.stopPrank();
        send(alice);
        assertEq(link.balanceOf(alice), held + 1_100 * LINK);
    }

    function test_nothing_leaves_no_trace() public {
        uint32 ended = unbond(alice, node, LINK);
        retire(other);
        skip(28 days);
        withdraw(alice, node, ended);
        pool.withdrawRetired(other, alice);
        reward(node, LINK);
        batch.push(claiming(node));
        batch.push(claiming(other));
        batch.push(abi.encodeCall(pool.compound, (node, other)));
        batch.push(withdrawing(node, ended));
        batch.push(abi.encodeCall(pool.withdrawRetired, (other, alice)));
        vm.recordLogs();
        vm.startStateDiffRecording();
        send(alice);
        assertEq(vm.getRecordedLogs().length, 0);
        Vm.AccountAccess[] memory accesses = vm.stopAndReturnStateDiff();
        for (uint256 i; i < accesses.length; ++i) {
            for (uint256 j; j < accesses[i].storageAccesses.length; ++j) {
                assertFalse(accesses[i].storageAccesses[j].isWrite, "wrote something");
            }
        }
    }

    function test_what_never_was_is_still_refused() public {
        bytes memory unknown = abi.encodeWithSelector(IStakingPool.UnknownNode.selector, bob);
        vm.startPrank(alice);
        vm.expectRevert(unknown);
        pool.claim(bob, alice);
        vm.expectRevert(unknown);
        pool.compound(bob, node);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.UnknownTicket.selector, node, alice, 0));
        pool.withdraw(node, alice, 0);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotRetired.selector, bob));
        pool.withdrawRetired(bob, alice);
        pool.unbond(node, LINK);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.UnknownTicket.selector, node, alice, 1));
        pool.withdraw(node, alice, 1);
        pool.cancelUnbond(node, 0);
        // An ended ticket is nothing to withdraw, but it cannot be asked to become stake.
        bytes memory ended = abi.encodeWithSelector(IStakingPool.UnknownTicket.selector, node, alice, 0);
        vm.expectRevert(ended);
        pool.cancelUnbond(node, 0);
        vm.expectRevert(ended);
        pool.restake(node, 0, other);
    }
}
