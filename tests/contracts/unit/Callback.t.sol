// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {stdError} from "forge-std/StdError.sol";
import {Vm} from "forge-std/Vm.sol";

/// The ERC-677 callback with crafted data, and the oddities of the real LINK token.
contract CallbackTest is Fixture {
    function malformed(uint256 length) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IStakingPool.MalformedData.selector, length);
    }

    function mismatch(uint256 stated, uint256 sent) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IStakingPool.AmountMismatch.selector, stated, sent);
    }

    function test_only_LINK_may_call_back() public {
        vm.prank(alice);
        vm.expectRevert(IStakingPool.OnlyLink.selector);
        pool.onTokenTransfer(alice, LINK, word(node, LINK));
        address foreign = vm.deployCode("abi/LinkToken.json");
        vm.expectRevert();
        (bool success,) = foreign.call(abi.encodeCall(link.transferAndCall, (address(pool), LINK, word(node, LINK))));
        success;
    }

    function test_empty_and_odd_data_is_refused() public {
        assertRefused(alice, LINK, "", malformed(0));
        assertRefused(alice, LINK, hex"00", malformed(1));
        assertRefused(alice, LINK, "RWRD", malformed(4));
        assertRefused(alice, LINK, abi.encodePacked(node), malformed(20));
        assertRefused(alice, LINK, bytes.concat(word(node, LINK), hex"00"), malformed(33));
        assertRefused(alice, LINK, bytes.concat("RWRX", word(node, LINK)), malformed(36));
        assertRefused(alice, LINK, bytes.concat("RWRDRWRD", word(node, LINK)), malformed(40));
    }

    function testFuzz_data_of_any_odd_length_is_refused(bytes memory data) public {
        vm.assume(data.length % 32 != 0 && !(data.length % 32 == 4 && bytes4(data) == "RWRD"));
        assertRefused(alice, LINK, data, malformed(data.length));
    }

    function test_the_words_must_add_up() public {
        assertRefused(
            alice,
            LINK,
            word(node, LINK - 1),
            abi.encodeWithSelector(IStakingPool.PositionTooSmall.selector, LINK - 1, LINK)
        );
        assertRefused(alice, 3 * LINK, word(node, 2 * LINK), mismatch(2 * LINK, 3 * LINK));
        assertRefused(alice, 2 * LINK, word(node, 3 * LINK), mismatch(3 * LINK, 2 * LINK));
        bytes memory two = bytes.concat(word(node, 2 * LINK), word(other, 2 * LINK));
        assertRefused(alice, 3 * LINK, two, mismatch(4 * LINK, 3 * LINK));
        assertRefused(alice, 3 * LINK, bytes.concat("RWRD", two), mismatch(4 * LINK, 3 * LINK));
    }

    function test_one_bad_word_refuses_all() public {
        bytes memory zero = bytes.concat(word(node, 2 * LINK), word(other, 0));
        assertRefused(alice, 2 * LINK, zero, abi.encodeWithSelector(IStakingPool.ZeroAmount.selector));
        bytes memory unknown = bytes.concat(word(node, 2 * LINK), word(bob, 2 * LINK));
        assertRefused(alice, 4 * LINK, unknown, abi.encodeWithSelector(IStakingPool.UnknownNode.selector, bob));
        assertEq(pool.nodeOf(node).assets, 0);
    }

    function test_a_word_of_the_largest_amount_wraps_nothing() public {
        bytes memory huge = word(node, type(uint96).max);
        bytes memory room =
            abi.encodeWithSelector(IStakingPool.CapExceeded.selector, node, type(uint96).max, 100_000 * LINK);
        assertRefused(alice, LINK, huge, room);
        // The amounts of the two words would wrap round to one juel in 96 bits.
        bytes memory wrap = bytes.concat("RWRD", word(node, type(uint96).max), word(node, 2));
        vm.prank(address(link));
        vm.expectRevert(stdError.arithmeticError);
        pool.onTokenTransfer(alice, 1, wrap);
    }

    function test_the_words_of_an_abi_encoded_array_are_no_stake() public {
        uint256[] memory words = new uint256[](1);
        words[0] = uint256(uint160(node)) << 96 | LINK;
        assertRefused(
            alice, LINK, abi.encode(words), abi.encodeWithSelector(IStakingPool.UnknownNode.selector, address(0))
        );
    }

    function test_dirty_calldata_after_the_data_changes_nothing() public {
        bytes memory call = abi.encodeCall(pool.onTokenTransfer, (alice, 2 * LINK, word(node, 2 * LINK)));
        vm.prank(address(link));
        (bool success,) = address(pool).call(bytes.concat(call, word(other, 5 * LINK)));
        assertTrue(success);
        assertEq(pool.positionOf(node, alice).shares, 2 * LINK);
        assertEq(pool.positionOf(other, alice).shares, 0);
    }

    function test_calldata_that_points_outside_itself_is_refused() public {
        bytes4 id = IStakingPool.onTokenTransfer.selector;
        bytes memory outside = abi.encodeWithSelector(id, alice, LINK, uint256(0x1000));
        bytes memory tooLong = abi.encodeWithSelector(id, alice, LINK, uint256(96), uint256(64), word(node, LINK));
        vm.startPrank(address(link));
        (bool success,) = address(pool).call(outside);
        assertFalse(success);
        (success,) = address(pool).call(tooLong);
        assertFalse(success);
    }

    function test_a_reward_is_open_to_anybody_and_to_the_last_juel() public {
        uint256 amount = link.balanceOf(carol);
        vm.prank(carol);
        link.transferAndCall(address(pool), amount, rewardData(node, amount));
        assertEq(link.balanceOf(carol), 0);
        assertEq(pool.nodeOf(node).unvested, amount - amount / 20);
    }

    // --- LINK v0.4 ---------------------------------------------------------------------------------------------

    function test_LINK_hides_why_a_stake_was_refused() public {
        vm.prank(alice);
        (bool success, bytes memory reason) =
            address(link).call(abi.encodeCall(link.transferAndCall, (address(pool), LINK, word(bob, LINK))));
        assertFalse(success);
        assertEq(reason.length, 0);
    }

    function test_LINK_logs_a_stake_twice_before_calling_back() public {
        vm.recordLogs();
        stake(alice, node, LINK);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 3);
        assertEq(logs[0].topics[0], keccak256("Transfer(address,address,uint256)"));
        assertEq(logs[1].topics[0], keccak256("Transfer(address,address,uint256,bytes)"));
        assertEq(logs[2].topics[0], IStakingPool.Staked.selector);
    }

    function test_LINK_sent_without_a_call_is_surplus() public {
        vm.prank(alice);
        link.transfer(address(pool), 5 * LINK);
        assertEq(pool.totals().accounted, 0);
        vm.prank(timelock);
        assertEq(pool.rescue(address(link), alice), 5 * LINK);
    }

    function test_LINK_eats_all_gas_above_the_balance() public {
        uint256 held = link.balanceOf(alice);
        uint256 gas = 200_000;
        vm.prank(alice);
        (bool success, bytes memory reason) = address(link).call{gas: gas}(
            abi.encodeCall(link.transferAndCall, (address(pool), held + 1, word(node, held + 1)))
        );
        assertFalse(success);
        assertEq(reason.length, 0);
    }

    function test_LINK_refuses_itself_and_zero_as_receivers() public {
        vm.startPrank(alice);
        vm.expectRevert();
        link.transfer(address(link), 1);
        vm.expectRevert();
        link.transfer(address(0), 1);
    }
}
