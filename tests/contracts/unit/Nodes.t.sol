// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

contract NodesTest is Fixture {
    uint256 private key = uint256(keccak256("newcomer"));
    address private wallet = vm.addr(key);

    function registerAs(address by, address who, uint256 deadline, bytes memory proof, bytes memory reason) private {
        vm.prank(by);
        if (reason.length != 0) vm.expectRevert(reason);
        pool.registerNode(who, deadline, proof);
    }

    function test_a_wallet_that_signed_is_registered() public {
        register(key);
        IStakingPool.Node memory n = pool.nodeOf(wallet);
        assertEq(uint8(n.status), uint8(IStakingPool.Status.Active));
        assertEq(n.capLink, 100_000);
        assertEq(pool.nodeAt(2).wallet, wallet);
        assertEq(pool.nodeAt(2).registeredAt, block.timestamp);
        assertEq(pool.nodeCount(), 3);
        assertEq(pool.registry().liveNodes, 3);
    }

    function test_the_event_says_how_the_wallet_was_proven() public {
        bytes memory proof = signed(key, wallet, block.timestamp);
        vm.expectEmit();
        emit IStakingPool.NodeRegistered(
            wallet, 2, IStakingPool.Proof.Signature, 100_000, uint40(block.timestamp), 3, 3, uint40(block.timestamp)
        );
        registerAs(registrar, wallet, block.timestamp, proof, "");
        vm.prank(timelock);
        pool.setProofless(true);
        vm.expectEmit();
        emit IStakingPool.NodeRegistered(
            bob, 3, IStakingPool.Proof.None, 100_000, uint40(block.timestamp), 4, 4, uint40(block.timestamp)
        );
        registerAs(registrar, bob, 0, "", "");
    }

    function test_without_a_signature_only_where_the_owner_allows() public {
        registerAs(registrar, wallet, 0, "", abi.encodeWithSelector(IStakingPool.ProofRequired.selector));
        vm.prank(timelock);
        pool.setProofless(true);
        registerAs(registrar, wallet, 0, "", "");
    }

    function test_a_wrong_signature_is_refused() public {
        bytes memory invalid = abi.encodeWithSelector(IStakingPool.InvalidProof.selector, wallet);
        uint256 deadline = block.timestamp;
        registerAs(registrar, wallet, deadline, signed(nodeKey, wallet, deadline), invalid);
        registerAs(registrar, wallet, deadline, signed(key, wallet, deadline + 1), invalid);
        registerAs(registrar, wallet, deadline, signed(key, node, deadline), invalid);
        registerAs(registrar, wallet, deadline, new bytes(65), invalid);
        registerAs(registrar, wallet, deadline, new bytes(64), invalid);
        registerAs(registrar, wallet, deadline, hex"00", invalid);
    }

    function test_a_malleable_signature_is_refused() public {
        bytes memory proof = signed(key, wallet, block.timestamp);
        (bytes32 r, bytes32 s) = abi.decode(proof, (bytes32, bytes32));
        uint8 v = uint8(proof[64]) == 27 ? 28 : 27;
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes memory twin = abi.encodePacked(r, bytes32(order - uint256(s)), v);
        bytes memory invalid = abi.encodeWithSelector(IStakingPool.InvalidProof.selector, wallet);
        registerAs(registrar, wallet, block.timestamp, twin, invalid);
    }

    function test_a_signature_is_good_for_one_chain_one_pool_and_until_its_deadline() public {
        uint256 deadline = block.timestamp;
        bytes memory proof = signed(key, wallet, deadline);
        IStakingPool first = pool;
        pool = deploy(defaultSetup());
        bytes memory invalid = abi.encodeWithSelector(IStakingPool.InvalidProof.selector, wallet);
        registerAs(registrar, wallet, deadline, proof, invalid);
        pool = first;
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        registerAs(registrar, wallet, deadline, proof, invalid);
        vm.chainId(chain);
        skip(1);
        registerAs(
            registrar, wallet, deadline, proof, abi.encodeWithSelector(IStakingPool.ProofExpired.selector, deadline)
        );
        rewind(1);
        registerAs(registrar, wallet, deadline, proof, "");
    }

    function test_a_wallet_is_never_registered_twice() public {
        bytes memory proof = signed(nodeKey, node, block.timestamp);
        bytes memory twice = abi.encodeWithSelector(IStakingPool.AlreadyRegistered.selector, node);
        registerAs(registrar, node, block.timestamp, proof, twice);
        retire(node);
        registerAs(registrar, node, block.timestamp, proof, twice);
    }

    function test_zero_LINK_and_the_pool_are_no_wallets() public {
        vm.prank(timelock);
        pool.setProofless(true);
        address[3] memory wrong = [address(0), address(link), address(pool)];
        for (uint256 i; i < wrong.length; ++i) {
            registerAs(
                registrar, wrong[i], 0, "", abi.encodeWithSelector(IStakingPool.InvalidAddress.selector, wrong[i])
            );
        }
    }

    function test_ten_at_once_then_ten_a_day() public {
        for (uint256 i = 2; i < 10; ++i) {
            register(uint256(keccak256(abi.encode(i))));
        }
        uint256 next = block.timestamp + 8_640;
        bytes memory proof = signed(key, wallet, next);
        bytes memory limited = abi.encodeWithSelector(IStakingPool.RegistrationLimit.selector, next);
        registerAs(registrar, wallet, next, proof, limited);
        vm.warp(next - 1);
        registerAs(registrar, wallet, next, proof, limited);
        vm.warp(next);
        registerAs(registrar, wallet, next, proof, "");
        skip(1 days);
        for (uint256 i; i < 10; ++i) {
            register(uint256(keccak256(abi.encode("next day", i))));
        }
    }

    function test_the_pool_stays_within_its_share_of_the_network() public {
        vm.prank(reporter);
        pool.reportNetwork(30);
        assertEq(pool.guardHeadroom(), 1);
        register(key);
        assertEq(pool.guardHeadroom(), 0);
        bytes memory proof = signed(1, vm.addr(1), block.timestamp);
        bytes memory exceeded = abi.encodeWithSelector(IStakingPool.ShareExceeded.selector, 4, 30);
        registerAs(registrar, vm.addr(1), block.timestamp, proof, exceeded);
        vm.prank(reporter);
        pool.reportNetwork(39);
        exceeded = abi.encodeWithSelector(IStakingPool.ShareExceeded.selector, 4, 39);
        registerAs(registrar, vm.addr(1), block.timestamp, proof, exceeded);
        vm.prank(reporter);
        pool.reportNetwork(40);
        registerAs(registrar, vm.addr(1), block.timestamp, proof, "");
    }

    function test_closed_nodes_count_and_retired_ones_do_not() public {
        vm.prank(reporter);
        pool.reportNetwork(20);
        vm.prank(registrar);
        pool.closeNode(node);
        assertEq(pool.guardHeadroom(), 0);
        retire(node);
        assertEq(pool.guardHeadroom(), 1);
        register(key);
    }

    function test_reports_count_up_to_the_ceiling() public {
        vm.prank(reporter);
        pool.reportNetwork(type(uint32).max);
        assertEq(pool.guardHeadroom(), 200 - 2);
        vm.prank(timelock);
        pool.setCeiling(20);
        assertEq(pool.guardHeadroom(), 0);
        bytes memory proof = signed(key, wallet, block.timestamp);
        bytes memory exceeded = abi.encodeWithSelector(IStakingPool.ShareExceeded.selector, 3, 20);
        registerAs(registrar, wallet, block.timestamp, proof, exceeded);
    }

    function test_an_old_report_closes_the_guard() public {
        uint256 reportedAt = block.timestamp;
        skip(7 days);
        register(key);
        skip(1);
        assertEq(pool.guardHeadroom(), 0);
        bytes memory proof = signed(1, vm.addr(1), block.timestamp);
        bytes memory old = abi.encodeWithSelector(IStakingPool.ReportTooOld.selector, reportedAt);
        registerAs(registrar, vm.addr(1), block.timestamp, proof, old);
        vm.prank(reporter);
        pool.reportNetwork(1_000);
        registerAs(registrar, vm.addr(1), block.timestamp, proof, "");
    }

    function test_unknown_nodes_have_no_cap() public {
        vm.startPrank(timelock);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.UnknownNode.selector, bob));
        pool.setCap(bob, 1);
        pool.setCap(node, 1);
        assertEq(pool.nodeOf(node).capLink, 1);
    }

    function test_closing_and_reopening_go_their_ways_only() public {
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotClosed.selector, node));
        pool.reopenNode(node);
        pool.closeNode(node);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotOpen.selector, node));
        pool.closeNode(node);
        pool.reopenNode(node);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotOpen.selector, bob));
        pool.closeNode(bob);
        vm.stopPrank();
        retire(node);
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotOpen.selector, node));
        pool.closeNode(node);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotClosed.selector, node));
        pool.reopenNode(node);
        vm.stopPrank();
    }

    function test_a_wallet_closes_its_own_node_and_no_other() public {
        vm.startPrank(node);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.MissingRole.selector, node, REGISTRAR | GUARDIAN));
        pool.closeNode(other);
        vm.expectEmit();
        emit IStakingPool.NodeClosed(node, node);
        pool.closeNode(node);
        vm.stopPrank();
        assertEq(uint8(pool.nodeOf(node).status), uint8(IStakingPool.Status.Closed));
        vm.prank(guardian);
        pool.reopenNode(node);
        // A wallet that is no node closes nothing.
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotOpen.selector, bob));
        pool.closeNode(bob);
    }

    function test_reopening_leaves_a_pending_penalty_pending() public {
        requestPenalty(node, 100);
        vm.startPrank(guardian);
        pool.closeNode(node);
        pool.reopenNode(node);
        assertEq(pool.nodeOf(node).penaltyUntil, block.timestamp + 7 days);
    }

    function test_the_guardian_retires_in_probation_and_the_owner_always() public {
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.WrongIndex.selector, node, 1));
        pool.retireNode(node, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.WrongIndex.selector, node, 2));
        pool.retireNode(node, 2);
        uint256 deadline = block.timestamp + 7 days;
        vm.warp(deadline);
        pool.retireNode(node, 0);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeHasRetired.selector, node));
        pool.retireNode(node, 0);
        skip(1);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.ProbationOver.selector, other, deadline));
        pool.retireNode(other, 1);
        vm.stopPrank();
        vm.prank(timelock);
        pool.retireNode(other, 1);
        assertEq(pool.registry().liveNodes, 0);
    }
}
