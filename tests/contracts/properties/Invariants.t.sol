// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Handler} from "./Handler.sol";
import {Test} from "forge-std/Test.sol";

/// One handler and one invariant function that asserts everything, so that long campaigns stay affordable.
contract InvariantsTest is Test {
    Handler private handler;

    function setUp() public {
        handler = new Handler();
        handler.setUp();
        bytes4[] memory actions = new bytes4[](24);
        actions[0] = Handler.stakeSome.selector;
        actions[1] = Handler.stakeMost.selector;
        actions[2] = Handler.stakeOnMany.selector;
        actions[3] = Handler.unbondSome.selector;
        actions[4] = Handler.cancelSome.selector;
        actions[5] = Handler.withdrawSome.selector;
        actions[6] = Handler.withdrawFromRetired.selector;
        actions[7] = Handler.restakeSome.selector;
        actions[8] = Handler.claimSome.selector;
        actions[9] = Handler.rewardSome.selector;
        actions[10] = Handler.giveAway.selector;
        actions[11] = Handler.payOut.selector;
        actions[12] = Handler.askPenalty.selector;
        actions[13] = Handler.takePenalty.selector;
        actions[14] = Handler.veto.selector;
        actions[15] = Handler.registerMore.selector;
        actions[16] = Handler.openOrClose.selector;
        actions[17] = Handler.retireSome.selector;
        actions[18] = Handler.turnSettings.selector;
        actions[19] = Handler.wait_.selector;
        actions[20] = Handler.meddle.selector;
        actions[21] = Handler.compoundSome.selector;
        actions[22] = Handler.takeAll.selector;
        actions[23] = Handler.handOver.selector;
        targetSelector(FuzzSelector(address(handler), actions));
        bytes4[] memory exits = new bytes4[](1);
        exits[0] = Handler.exitAndComeBack.selector;
        targetSelector(FuzzSelector(address(handler), exits));
        targetContract(address(handler));
    }

    function invariant_everything_the_design_promises() public view {
        handler.assertAll();
    }

    function afterInvariant() public {
        handler.everybodyExits(block.timestamp);
    }
}
