// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

/// Every function that not everybody may call, against every role: what the table does not allow is refused, and refused
/// for want of the role.
contract AuthorityTest is Fixture {
    struct Row {
        bytes call;
        bool owner;
        bool registrar;
        bool guardian;
        bool slasher;
        bool reporter;
        bool feeRecipient;
        bool node;
    }

    Row[] private table;
    uint256 private thirdKey = uint256(keccak256("third"));

    function setUp() public override {
        super.setUp();
        stake(alice, node, 1_000 * LINK);
        reward(node, 1_000 * LINK);
        requestPenalty(other, 100);
        vm.prank(guardian);
        pool.closeNode(other);
        skip(4 days);
        link.transfer(address(pool), LINK);
        uint40 time = uint40(block.timestamp);
        bytes memory proof = signed(thirdKey, vm.addr(thirdKey), time);
        registrarsOnly(abi.encodeCall(pool.registerNode, (vm.addr(thirdKey), time, proof)));
        Row storage row = guardiansOnly(abi.encodeCall(pool.closeNode, (node)));
        (row.registrar, row.node) = (true, true);
        guardiansOnly(abi.encodeCall(pool.reopenNode, (other)));
        row = guardiansOnly(abi.encodeCall(pool.retireNode, (node, 0)));
        row.owner = true;
        guardiansOnly(abi.encodeCall(pool.vetoPenalty, (other)));
        guardiansOnly(abi.encodeCall(pool.pause, (time + 1 days)));
        guardiansOnly(abi.encodeCall(pool.revokeRoles, (registrar, REGISTRAR)));
        slashersOnly(abi.encodeCall(pool.requestPenalty, (node, 100, "evidence", time)));
        slashersOnly(abi.encodeCall(pool.executePenalty, (other)));
        row = table.push();
        (row.call, row.reporter) = (abi.encodeCall(pool.reportNetwork, (1_000)), true);
        row = table.push();
        (row.call, row.feeRecipient) = (abi.encodeCall(pool.payFees, ()), true);
        row = ownersOnly(abi.encodeCall(pool.setFee, (400)));
        row.feeRecipient = true;
        ownersOnly(abi.encodeCall(pool.setFee, (600)));
        ownersOnly(abi.encodeCall(pool.setFeeRecipient, (bob)));
        ownersOnly(abi.encodeCall(pool.setCap, (node, 1)));
        ownersOnly(abi.encodeCall(pool.setDefaultCap, (1)));
        ownersOnly(abi.encodeCall(pool.setCeiling, (1)));
        ownersOnly(abi.encodeCall(pool.setProofless, (true)));
        ownersOnly(abi.encodeCall(pool.setRoles, (bob, 15)));
        ownersOnly(abi.encodeCall(pool.transferOwnership, (bob)));
        ownersOnly(abi.encodeCall(pool.rescue, (address(link), bob)));
    }

    function ownersOnly(bytes memory call) private returns (Row storage row) {
        row = table.push();
        (row.call, row.owner) = (call, true);
    }

    function registrarsOnly(bytes memory call) private {
        Row storage row = table.push();
        (row.call, row.registrar) = (call, true);
    }

    function guardiansOnly(bytes memory call) private returns (Row storage row) {
        row = table.push();
        (row.call, row.guardian) = (call, true);
    }

    function slashersOnly(bytes memory call) private {
        Row storage row = table.push();
        (row.call, row.slasher) = (call, true);
    }

    function test_every_function_against_every_role() public {
        for (uint256 i; i < table.length; ++i) {
            Row memory row = table[i];
            attempt(timelock, row.call, row.owner);
            attempt(registrar, row.call, row.registrar);
            attempt(guardian, row.call, row.guardian);
            attempt(slasher, row.call, row.slasher);
            attempt(reporter, row.call, row.reporter);
            attempt(feeRecipient, row.call, row.feeRecipient);
            attempt(alice, row.call, false);
            attempt(multisig, row.call, false);
            attempt(sink, row.call, false);
            attempt(node, row.call, row.node);
            attempt(other, row.call, false);
        }
    }

    /// Open to all: onTokenTransfer (LINK), stake, unbond, cancelUnbond, withdraw, withdrawRetired, restake, claim,
    /// compound, multicall, paySink, acceptOwnership (whoever it was offered to). Everything else that changes state
    /// stands in the table.
    function test_the_table_leaves_no_function_out() public view {
        string memory abi_ = vm.readFile("abi/StakingPool.json");
        uint256 listed;
        for (uint256 i; i < table.length; ++i) {
            bool again;
            for (uint256 j; j < i; ++j) {
                again = again || bytes4(table[i].call) == bytes4(table[j].call);
            }
            if (!again) ++listed;
        }
        uint256 functions;
        for (uint256 i; vm.keyExistsJson(abi_, string.concat(".abi[", vm.toString(i), "]")); ++i) {
            string memory at_ = string.concat(".abi[", vm.toString(i), "]");
            if (!isFunction(vm.parseJsonString(abi_, string.concat(at_, ".type")))) continue;
            string memory mutability = vm.parseJsonString(abi_, string.concat(at_, ".stateMutability"));
            if (keccak256(bytes(mutability)) == keccak256("nonpayable")) ++functions;
        }
        assertEq(functions, listed + 12);
    }

    function isFunction(string memory kind) private pure returns (bool) {
        return keccak256(bytes(kind)) == keccak256("function");
    }

    function attempt(address by, bytes memory call, bool allowed) private {
        uint256 snapshot = vm.snapshotState();
        vm.prank(by);
        (bool success, bytes memory result) = address(pool).call(call);
        string memory where = string.concat(vm.getLabel(by), " ", vm.toString(bytes4(call)));
        assertEq(success, allowed, where);
        if (!success) {
            bytes4 reason = bytes4(result);
            bool isRole = reason == IStakingPool.MissingRole.selector || reason == IStakingPool.OnlyOwner.selector
                || reason == IStakingPool.OnlyFeeRecipient.selector;
            // The fee recipient may call setFee, but not raise the fee.
            bool isRaise = by == feeRecipient && reason == IStakingPool.OutOfBounds.selector;
            assertTrue(isRole || isRaise, where);
        }
        vm.revertToState(snapshot);
    }

    function test_the_guardian_revokes_all_roles_but_guardians() public {
        vm.startPrank(guardian);
        pool.revokeRoles(registrar, REGISTRAR);
        pool.revokeRoles(slasher, SLASHER | REPORTER);
        pool.revokeRoles(reporter, REPORTER);
        assertEq(pool.rolesOf(registrar) | pool.rolesOf(slasher) | pool.rolesOf(reporter), 0);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.OnlyOwner.selector, guardian));
        pool.revokeRoles(guardian, GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.OnlyOwner.selector, guardian));
        pool.revokeRoles(guardian, GUARDIAN | SLASHER);
    }

    function test_a_spare_registrar_goes_on_when_one_is_revoked() public {
        vm.prank(timelock);
        pool.setRoles(bob, REGISTRAR);
        vm.prank(guardian);
        pool.revokeRoles(registrar, REGISTRAR);
        vm.prank(bob);
        pool.closeNode(node);
    }

    function test_roles_have_known_names_only() public {
        vm.prank(timelock);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.OutOfBounds.selector, 16, 0, 15));
        pool.setRoles(bob, 16);
    }

    function test_zero_LINK_and_the_pool_can_hold_nothing() public {
        address[3] memory wrong = [address(0), address(link), address(pool)];
        vm.startPrank(timelock);
        for (uint256 i; i < wrong.length; ++i) {
            bytes memory invalid = abi.encodeWithSelector(IStakingPool.InvalidAddress.selector, wrong[i]);
            vm.expectRevert(invalid);
            pool.setRoles(wrong[i], 1);
            vm.expectRevert(invalid);
            pool.setFeeRecipient(wrong[i]);
            vm.expectRevert(invalid);
            pool.transferOwnership(wrong[i]);
            vm.expectRevert(invalid);
            pool.rescue(address(link), wrong[i]);
        }
    }

    function test_the_fee_rises_by_the_owner_to_its_maximum_only() public {
        vm.prank(feeRecipient);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.OutOfBounds.selector, 501, 0, 500));
        pool.setFee(501);
        vm.startPrank(timelock);
        pool.setFee(2_000);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.OutOfBounds.selector, 2_001, 0, 2_000));
        pool.setFee(2_001);
    }

    function test_a_pause_is_bounded_renewable_and_can_be_ended() public {
        uint40 most = uint40(block.timestamp + 7 days);
        vm.startPrank(guardian);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.OutOfBounds.selector, most + 1, 0, most));
        pool.pause(most + 1);
        pool.pause(most);
        skip(6 days);
        pool.pause(most + 6 days);
        assertEq(pool.totals().pausedUntil, most + 6 days);
        pool.pause(0);
        assertEq(pool.maxStake(node, alice), 99_000 * LINK);
    }

    function test_rescue_takes_surplus_only() public {
        vm.startPrank(timelock);
        assertEq(pool.rescue(address(link), bob), LINK);
        vm.expectRevert(IStakingPool.NothingToPay.selector);
        pool.rescue(address(link), bob);
        assertEq(link.balanceOf(address(pool)), pool.totals().accounted);
    }

    function test_rescue_of_a_foreign_token_takes_all_of_it() public {
        address foreign = vm.deployCode("abi/LinkToken.json");
        deal(foreign, address(pool), 7 * LINK);
        vm.startPrank(timelock);
        assertEq(pool.rescue(foreign, bob), 7 * LINK);
        vm.expectRevert(IStakingPool.NothingToPay.selector);
        pool.rescue(foreign, bob);
    }
}
