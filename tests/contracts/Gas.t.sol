// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "./Fixture.sol";
import {Bounds} from "../../contracts/libraries/Bounds.sol";
import {console} from "forge-std/console.sol";

/// What each action costs as a whole transaction, as its receipt says: 21,000 + calldata + execution - refund, on the real
/// LINK token.
/// Every figure stands on a line `gas <name> <figure>`, which the bench reads, and in snapshots/gas.json, which a run must
/// match; `FORGE_SNAPSHOT_CHECK=false forge test --match-contract Gas` writes it anew.
/// forge-config: default.isolate = true
contract GasTest is Fixture {
    uint256 private constant AMOUNT = 1_000 * LINK;

    function setUp() public override {
        super.setUp();
        // Everybody who is paid holds LINK already, and the node has stake and has seen a reward.
        address[3] memory paid = [sink, feeRecipient, registrar];
        for (uint256 i; i < paid.length; ++i) {
            link.transfer(paid[i], LINK);
        }
        stake(bob, node, AMOUNT);
        reward(node, 10 * LINK);
        skip(Bounds.VEST - 1 hours);
        claim(bob, node);
        stake(bob, node, AMOUNT);
    }

    function pendingReward() private {
        reward(node, 70 * LINK);
        skip(1 days);
    }

    /// The gas of the transaction just made, against its aim and the committed snapshot.
    function spent(string memory name, uint256 aim) private {
        record(name, lastUsed(), aim);
    }

    /// In isolation a call is a transaction, and the total is what its receipt says: refunds are taken off already.
    function lastUsed() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    function record(string memory name, uint256 used, uint256 aim) private {
        console.log(string.concat("gas ", name), used);
        vm.snapshotValue("gas", name, used);
        if (aim != 0) assertLe(used, aim, name);
    }

    function test_first_stake() public {
        stake(alice, node, AMOUNT);
        spent("first_stake", 98_000);
    }

    function test_first_stake_pending() public {
        pendingReward();
        stake(alice, node, AMOUNT);
        spent("first_stake_pending", 98_000);
    }

    function test_first_stake_empty_node() public {
        stake(alice, other, AMOUNT);
        spent("first_stake_empty_node", 0);
    }

    function test_second_stake() public {
        stake(alice, node, AMOUNT);
        skip(1 days);
        stake(alice, node, AMOUNT);
        spent("second_stake", 81_000);
    }

    function test_second_stake_pending() public {
        stake(alice, node, AMOUNT);
        pendingReward();
        stake(alice, node, AMOUNT);
        spent("second_stake_pending", 81_000);
    }

    function test_unbond() public {
        stake(alice, node, AMOUNT);
        skip(1 days);
        unbond(alice, node, AMOUNT / 2);
        spent("unbond", 75_000);
    }

    function test_unbond_pending() public {
        stake(alice, node, AMOUNT);
        pendingReward();
        unbond(alice, node, AMOUNT / 2);
        spent("unbond_pending", 75_000);
    }

    function test_second_unbond_pending() public {
        stake(alice, node, AMOUNT);
        pendingReward();
        unbond(alice, node, AMOUNT / 2);
        skip(1 days);
        unbond(alice, node, AMOUNT / 4);
        spent("second_unbond_pending", 75_000);
    }

    function test_withdraw() public {
        stake(alice, node, AMOUNT);
        uint32 ticket = unbond(alice, node, AMOUNT / 2);
        skip(Bounds.UNBONDING);
        withdraw(alice, node, ticket);
        spent("withdraw", 55_000);
    }

    function test_withdraw_pending() public {
        stake(alice, node, AMOUNT);
        pendingReward();
        uint32 ticket = unbond(alice, node, AMOUNT / 2);
        skip(Bounds.UNBONDING);
        withdraw(alice, node, ticket);
        spent("withdraw_pending", 55_000);
    }

    function test_claim() public {
        stake(alice, node, AMOUNT);
        pendingReward();
        claim(alice, node);
        spent("claim_pending", 66_000);
        skip(10 days);
        claim(alice, node);
        spent("claim", 66_000);
    }

    function test_compound() public {
        stake(alice, node, AMOUNT);
        stake(alice, other, AMOUNT);
        pendingReward();
        uint256 snapshot = vm.snapshotState();
        vm.prank(alice);
        pool.compound(node, node);
        spent("compound", 0);
        vm.revertToState(snapshot);
        vm.prank(alice);
        pool.compound(node, other);
        spent("compound_other_node", 0);
    }

    function test_multicall() public {
        stake(alice, node, AMOUNT);
        pendingReward();
        uint256 snapshot = vm.snapshotState();
        claim(alice, node);
        uint256 alone = lastUsed();
        vm.revertToState(snapshot);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(pool.claim, (node, alice));
        vm.prank(alice);
        pool.multicall(calls);
        record("multicall_overhead", lastUsed() - alone, 0);
    }

    function test_claim_10_nodes() public {
        bytes memory stakes;
        bytes memory rewards = "RWRD";
        bytes[] memory calls = new bytes[](10);
        vm.prank(reporter);
        pool.reportNetwork(1_000);
        for (uint256 i; i < 10; ++i) {
            uint256 key = uint256(keccak256(abi.encode("one of ten", i)));
            register(key);
            stakes = bytes.concat(stakes, word(vm.addr(key), AMOUNT));
            rewards = bytes.concat(rewards, word(vm.addr(key), LINK));
            calls[i] = abi.encodeCall(pool.claim, (vm.addr(key), alice));
        }
        vm.prank(alice);
        link.transferAndCall(address(pool), 10 * AMOUNT, stakes);
        link.transferAndCall(address(pool), 10 * LINK, rewards);
        skip(1 days);
        // As elsewhere, not the first claim ever.
        vm.prank(alice);
        pool.multicall(calls);
        skip(1 days);
        vm.prank(alice);
        pool.multicall(calls);
        spent("claim_10_nodes", 0);
    }

    function test_withdraw_to_an_emptied_wallet() public {
        stake(alice, node, AMOUNT);
        uint32 ticket = unbond(alice, node, AMOUNT / 2);
        skip(Bounds.UNBONDING);
        uint256 held = link.balanceOf(alice);
        vm.prank(alice);
        link.transfer(bob, held);
        withdraw(alice, node, ticket);
        spent("withdraw_to_emptied_wallet", 0);
    }

    function test_register_node() public {
        uint256 key = uint256(keccak256("third node"));
        bytes memory proof = signed(key, vm.addr(key), block.timestamp);
        vm.prank(registrar);
        pool.registerNode(vm.addr(key), block.timestamp, proof);
        spent("register_node", 105_000);
    }

    function test_reward() public {
        reward(node, 70 * LINK);
        spent("reward", 0);
        skip(1 days);
        reward(node, 70 * LINK);
        spent("reward_pending", 0);
        reward(other, 70 * LINK);
        spent("reward_empty_node", 0);
    }

    function test_penalty() public {
        vm.prank(slasher);
        pool.requestPenalty(node, 100, "evidence", uint40(block.timestamp));
        spent("penalty_request", 0);
        skip(Bounds.VETO);
        vm.prank(slasher);
        pool.executePenalty(node);
        spent("penalty", 0);
    }

    function test_penalty_pending() public {
        reward(node, 70 * LINK);
        vm.prank(slasher);
        pool.requestPenalty(node, 100, "evidence", uint40(block.timestamp));
        skip(Bounds.VETO);
        vm.prank(slasher);
        pool.executePenalty(node);
        spent("penalty_pending", 0);
    }

    function test_approve_and_stake() public {
        vm.prank(alice);
        link.approve(address(pool), AMOUNT);
        spent("approve", 0);
        vm.prank(alice);
        pool.stake(node, AMOUNT);
        spent("first_stake_by_approve", 0);
    }

    function test_restake_and_cancel() public {
        stake(alice, node, AMOUNT);
        stake(bob, other, AMOUNT);
        uint32 first = unbond(alice, node, AMOUNT / 2);
        uint32 second = unbond(alice, node, AMOUNT / 4);
        vm.prank(alice);
        pool.cancelUnbond(node, first);
        spent("cancel_unbond", 0);
        skip(Bounds.UNBONDING);
        vm.prank(alice);
        pool.restake(node, second, other);
        spent("restake", 0);
    }
}
