// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "./Fixture.sol";
import {IStakingPool} from "../../contracts/interfaces/IStakingPool.sol";

/// A contract that says what an owner has to say. Nothing on chain can tell it from a timelock.
contract Liar {
    function getMinDelay() external pure returns (uint256) {
        return 28 days;
    }

    function accept(IStakingPool pool) external {
        pool.acceptOwnership();
    }
}

/// What the contract does not prevent. Each limit that docs/contract.md states is shown here to be one, with its figures.
contract LimitsTest is Fixture {
    // --- penalties ---------------------------------------------------------------------------------------------

    /// Six requests at once, each for four days, within 14 days of the fault: four rounds.
    function test_of_40_nodes_that_fail_together_24_can_be_penalised() public {
        vm.startPrank(timelock);
        pool.setProofless(true);
        vm.stopPrank();
        address[] memory failed = new address[](40);
        for (uint160 i; i < 40; ++i) {
            if (i % 10 == 8) skip(1 days);
            failed[i] = address(0xa000 + i);
            vm.prank(registrar);
            pool.registerNode(failed[i], 0, "");
        }
        uint40 fault = uint40(block.timestamp);
        uint256 penalised;
        while (block.timestamp <= fault + 14 days) {
            uint256 first = penalised;
            for (; penalised < first + 6; ++penalised) {
                ask(failed[penalised], fault, "");
            }
            uint256 freeAt = block.timestamp + 7 days;
            ask(failed[penalised], fault, abi.encodeWithSelector(IStakingPool.NoPenaltySlot.selector, freeAt));
            skip(4 days);
            for (uint256 i = first; i < penalised; ++i) {
                vm.prank(slasher);
                pool.executePenalty(failed[i]);
            }
        }
        assertEq(penalised, 24);
        ask(failed[penalised], fault, abi.encodeWithSelector(IStakingPool.FaultOutOfRange.selector, fault));
    }

    function ask(address wallet, uint40 fault, bytes memory reason) private {
        vm.prank(slasher);
        if (reason.length != 0) vm.expectRevert(reason);
        pool.requestPenalty(wallet, 100, "evidence", fault);
    }

    /// Evidence and the time of the fault are logged for people to check. The contract cannot judge them.
    function test_the_same_evidence_serves_twice_and_a_fault_may_lie_before_the_registration() public {
        uint256 key = uint256(keccak256("registered after the fault"));
        uint40 fault = uint40(block.timestamp);
        skip(1 days);
        register(key);
        for (uint256 i; i < 2; ++i) {
            ask(vm.addr(key), fault, "");
            skip(4 days);
            vm.prank(slasher);
            pool.executePenalty(vm.addr(key));
        }
        assertEq(pool.nodeOf(vm.addr(key)).bucketLevel, 100);
    }

    /// A price of 0.9^6 = 0.5314 is near to a half, and whoever stakes then is near to a retirement.
    function test_after_six_penalties_of_10_percent_one_of_6_retires_new_stake() public {
        stake(alice, node, 1_000 * LINK);
        for (uint256 i; i < 6; ++i) {
            penalise(node, 1_000);
            skip(28 days);
        }
        stake(bob, node, 1_000 * LINK);
        requestPenalty(node, 600);
        skip(4 days);
        vm.prank(slasher);
        pool.executePenalty(node);
        assertEq(uint8(pool.nodeOf(node).status), uint8(IStakingPool.Status.Retired));
    }

    // --- rewards -----------------------------------------------------------------------------------------------

    /// Who comes right after a large deposit and leaves seven days later has the same part of it as who was there all along.
    function test_a_lump_of_rewards_favours_who_comes_after_it() public {
        stake(alice, node, 1_000 * LINK);
        skip(10 weeks);
        reward(node, 1_000 * LINK);
        stake(bob, node, 9_000 * LINK);
        skip(7 days);
        unbond(bob, node, 9_000 * LINK);
        assertApproxEqAbs(claim(bob, node), 855 * LINK, LINK / 100);
        assertApproxEqAbs(claim(alice, node), 95 * LINK, LINK / 100);
    }

    /// The same rewards, week by week: a week of stake is worth a week of rewards.
    function test_weekly_rewards_favour_nobody() public {
        stake(alice, node, 1_000 * LINK);
        for (uint256 week; week < 10; ++week) {
            reward(node, 100 * LINK);
            skip(7 days);
        }
        reward(node, 100 * LINK);
        stake(bob, node, 9_000 * LINK);
        skip(7 days);
        unbond(bob, node, 9_000 * LINK);
        assertApproxEqAbs(claim(bob, node), 85.5 ether, LINK / 100);
        assertApproxEqAbs(claim(alice, node), 959.5 ether, LINK / 100);
    }

    // --- stake -------------------------------------------------------------------------------------------------

    function test_one_juel_makes_a_transfer_of_the_full_room_to_many_nodes_fail() public {
        stake(bob, other, LINK);
        uint256 first = pool.maxStake(node, alice);
        uint256 second = pool.maxStake(other, alice);
        stake(bob, other, 1);
        bytes memory full = abi.encodeWithSelector(IStakingPool.CapExceeded.selector, other, second, second - 1);
        bytes memory data = bytes.concat(word(node, first), word(other, second));
        assertRefused(alice, first + second, data, full);
        // With a little less than the room it goes through.
        second -= LINK;
        vm.prank(alice);
        link.transferAndCall(address(pool), first + second, bytes.concat(word(node, first), word(other, second)));
    }

    /// A ticket that is larger than the room of a node cannot go there in part. Who wants to choose later makes small ones.
    function test_a_ticket_moves_whole() public {
        stake(alice, node, 1_000 * LINK);
        uint32 ticket = unbond(alice, node, 1_000 * LINK);
        stake(bob, other, 99_001 * LINK);
        skip(28 days);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.CapExceeded.selector, other, 1_000 * LINK, 999 * LINK));
        pool.restake(node, ticket, other);
    }

    // --- nodes and keys ----------------------------------------------------------------------------------------

    /// Without a signature nobody has asked the wallet, and a wallet is registered once.
    function test_a_registration_without_proof_burns_a_wallet_for_this_pool() public {
        vm.prank(timelock);
        pool.setProofless(true);
        vm.startPrank(registrar);
        pool.registerNode(bob, 0, "");
        vm.stopPrank();
        retire(bob);
        vm.prank(registrar);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.AlreadyRegistered.selector, bob));
        pool.registerNode(bob, 0, "");
    }

    /// The contract sees what a new owner says of its delay, and not whether it keeps it.
    function test_an_owner_may_lie_about_its_delay_or_lower_it_later() public {
        Liar liar = new Liar();
        vm.prank(timelock);
        pool.transferOwnership(address(liar));
        liar.accept(pool);
        assertEq(pool.owner(), address(liar));

        pool = deploy(defaultSetup());
        vm.prank(timelock);
        (bool lowered,) = timelock.call(abi.encodeWithSignature("updateDelay(uint256)", 0));
        assertTrue(lowered);
        assertEq(pool.owner(), timelock, "and it stays the owner");
    }

    /// LINK comes to a staker whenever somebody asks for it, and a contract that counts what it called for is surprised.
    function test_a_staker_is_paid_unasked() public {
        stake(alice, node, 1_000 * LINK);
        reward(node, 100 * LINK);
        skip(7 days);
        uint256 held = link.balanceOf(alice);
        vm.prank(carol);
        pool.claim(node, alice);
        assertEq(link.balanceOf(alice), held + 95 * LINK);
    }
}
