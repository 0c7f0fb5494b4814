// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

/// Ownership goes from one slow timelock to another, in two steps, or not at all.
contract OwnershipTest is Fixture {
    address private successor;

    function setUp() public override {
        super.setUp();
        successor = newTimelock(28 days);
    }

    function offer(address newOwner) private {
        vm.prank(timelock);
        pool.transferOwnership(newOwner);
    }

    function accept(address by, bytes memory reason) private {
        vm.prank(by);
        if (reason.length != 0) vm.expectRevert(reason);
        pool.acceptOwnership();
    }

    function onlyOwner(address account) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IStakingPool.OnlyOwner.selector, account);
    }

    function test_ownership_moves_in_two_steps() public {
        uint40 endsAt = uint40(block.timestamp + 56 days);
        vm.expectEmit();
        emit IStakingPool.OwnershipTransferStarted(timelock, successor, endsAt);
        offer(successor);
        assertEq(pool.owner(), timelock);
        assertEq(pool.pendingOwner(), successor);
        assertEq(pool.offerEndsAt(), endsAt);
        accept(alice, onlyOwner(alice));
        accept(successor, "");
        assertEq(pool.owner(), successor);
        assertEq(pool.pendingOwner(), address(0));
        assertEq(pool.offerEndsAt(), 0);
        accept(successor, onlyOwner(successor));
    }

    function test_the_new_owner_must_be_a_timelock_as_slow_as_unbonding() public {
        address fast = newTimelock(28 days - 1);
        offer(fast);
        accept(fast, abi.encodeWithSelector(IStakingPool.DelayTooShort.selector, 28 days - 1, 28 days));
        offer(bob);
        vm.prank(bob);
        vm.expectRevert(bytes(""));
        pool.acceptOwnership();
        assertEq(pool.owner(), timelock);
    }

    /// The delay counts when ownership is accepted, not when it is offered.
    function test_a_delay_that_was_lowered_after_the_offer_is_refused() public {
        offer(successor);
        vm.prank(successor);
        (bool lowered,) = successor.call(abi.encodeWithSignature("updateDelay(uint256)", 1 days));
        assertTrue(lowered);
        accept(successor, abi.encodeWithSelector(IStakingPool.DelayTooShort.selector, 1 days, 28 days));
    }

    function test_an_offer_lapses_after_56_days_and_can_be_made_anew() public {
        uint256 offered = block.timestamp;
        offer(successor);
        vm.warp(offered + 56 days);
        accept(successor, abi.encodeWithSelector(IStakingPool.OfferLapsed.selector, offered + 56 days));
        offer(successor);
        vm.warp(offered + 112 days - 1);
        accept(successor, "");
        assertEq(pool.owner(), successor);
    }

    function test_a_later_offer_takes_the_place_of_an_earlier_one() public {
        address third = newTimelock(28 days);
        offer(successor);
        offer(third);
        accept(successor, onlyOwner(successor));
        accept(third, "");
        assertEq(pool.owner(), third);
    }

    /// With real timelocks on both sides: the offer waits out one delay, and the acceptance, scheduled only once the offer
    /// stands, the other. That is inside of the 56 days, with 28 to spare.
    function test_one_timelock_hands_over_to_another() public {
        bytes memory offering = abi.encodeCall(pool.transferOwnership, (successor));
        bytes memory accepting = abi.encodeCall(pool.acceptOwnership, ());
        onTimelock(timelock, SCHEDULE, offering, true);
        skip(28 days - 1);
        onTimelock(timelock, EXECUTE, offering, false);
        skip(1);
        onTimelock(timelock, EXECUTE, offering, true);
        onTimelock(successor, SCHEDULE, accepting, true);
        skip(28 days - 1);
        onTimelock(successor, EXECUTE, accepting, false);
        assertEq(pool.owner(), timelock);
        skip(28 days);
        onTimelock(successor, EXECUTE, accepting, true);
        assertEq(pool.owner(), successor);
    }

    string private constant SCHEDULE = "schedule(address,uint256,bytes,bytes32,bytes32,uint256)";
    string private constant EXECUTE = "execute(address,uint256,bytes,bytes32,bytes32)";

    /// `execute` ignores the delay, which stands last.
    function onTimelock(address which, string memory how, bytes memory call, bool expected) private {
        vm.prank(multisig);
        (bool done,) = which.call(abi.encodeWithSignature(how, pool, 0, call, bytes32(0), bytes32(0), 28 days));
        assertEq(done, expected, how);
    }
}
