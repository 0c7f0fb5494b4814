// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "./Fixture.sol";
import {Vm} from "forge-std/Vm.sol";

/// How many words of its storage each action of the pool creates. A word that was zero costs 22,100 gas to write, and
/// 110,020 with the prices of Amsterdam, of which nothing comes back when it is cleared: so each of them is wanted.
contract SlotsTest is Fixture {
    struct Word {
        bool seen;
        bytes32 before;
        bytes32 after_;
    }

    mapping(bytes32 => Word) private words;
    bytes32[] private touched;

    modifier creates(uint256 count, string memory what) {
        vm.startStateDiffRecording();
        _;
        assertEq(created(), count, what);
    }

    /// The pool's words that were zero before and are not afterwards.
    function created() private returns (uint256 count) {
        Vm.AccountAccess[] memory accesses = vm.stopAndReturnStateDiff();
        for (uint256 i; i < accesses.length; ++i) {
            for (uint256 j; j < accesses[i].storageAccesses.length; ++j) {
                Vm.StorageAccess memory a = accesses[i].storageAccesses[j];
                if (a.account != address(pool) || !a.isWrite || a.reverted) continue;
                if (!words[a.slot].seen) {
                    words[a.slot] = Word(true, a.previousValue, 0);
                    touched.push(a.slot);
                }
                words[a.slot].after_ = a.newValue;
            }
        }
        for (uint256 i; i < touched.length; ++i) {
            if (words[touched[i]].before == 0 && words[touched[i]].after_ != 0) ++count;
            delete words[touched[i]];
        }
        delete touched;
    }

    function staking(uint256 count, string memory what, address staker, address wallet) private creates(count, what) {
        stake(staker, wallet, 100 * LINK);
    }

    function registering(uint256 count, string memory what, uint256 key) private creates(count, what) {
        register(key);
    }

    function rewarding(uint256 count, string memory what) private creates(count, what) {
        reward(node, 10 * LINK);
    }

    function unbonding(uint256 count, string memory what) private creates(count, what) {
        unbond(alice, node, 10 * LINK);
    }

    function cancelling(uint32 ticket) private creates(0, "cancel an unbond") {
        vm.prank(alice);
        pool.cancelUnbond(node, ticket);
    }

    function withdrawing(uint32 ticket) private creates(0, "withdraw") {
        withdraw(alice, node, ticket);
    }

    function restaking(uint32 ticket, address target, uint256 count) private creates(count, "restake") {
        vm.prank(alice);
        pool.restake(node, ticket, target);
    }

    function claiming() private creates(0, "claim") {
        claim(alice, node);
    }

    function compounding(address target) private creates(0, "compound") {
        vm.prank(alice);
        pool.compound(node, target);
    }

    function asking(uint256 count, string memory what, address wallet) private creates(count, what) {
        requestPenalty(wallet, 100);
    }

    function vetoing(address wallet) private creates(0, "veto") {
        vm.prank(guardian);
        pool.vetoPenalty(wallet);
    }

    function executing(address wallet) private creates(0, "execute a penalty") {
        vm.prank(slasher);
        pool.executePenalty(wallet);
    }

    function paying() private creates(0, "pay fees and sink") {
        vm.prank(feeRecipient);
        pool.payFees();
        pool.paySink();
    }

    function retiring() private creates(0, "close and retire") {
        vm.prank(node);
        pool.closeNode(node);
        retire(node);
    }

    function test_registering_creates_three_words_in_a_new_pool_and_two_later() public {
        pool = deploy(defaultSetup());
        registering(3, "the pool's first registration", nodeKey);
        registering(2, "a later registration", otherKey);
    }

    function test_a_holder_creates_one_word_a_position_and_one_a_ticket() public {
        staking(3, "the first stake on an empty node", bob, node);
        staking(1, "a first stake", alice, node);
        staking(0, "a second stake", alice, node);
        rewarding(0, "a reward");
        skip(1 days);
        unbonding(1, "unbond");
        unbonding(1, "unbond again");
        unbonding(1, "unbond a third time");
        claiming();
        cancelling(0);
        skip(28 days);
        withdrawing(1);
        staking(3, "the first stake on an empty node", bob, other);
        restaking(2, other, 1);
        rewarding(0, "a later reward");
        skip(1 days);
        compounding(node);
        rewarding(0, "a later reward");
        skip(1 days);
        compounding(other);
    }

    /// The first request creates the word of all six slots, and each node's first one that node's word; whatever ends them,
    /// both stay.
    function test_a_node_creates_one_word_for_its_penalties() public {
        stake(alice, node, 100 * LINK);
        asking(2, "the pool's first request", node);
        vetoing(node);
        asking(0, "a request after a veto", node);
        asking(1, "another node's first request", other);
        skip(4 days);
        executing(node);
        skip(3 days);
        asking(0, "a request after an execution", node);
        asking(0, "a request after one that lapsed", other);
        reward(node, LINK);
        paying();
        retiring();
    }
}
