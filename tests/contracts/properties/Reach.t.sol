// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Handler} from "./Handler.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";

/// An invariant over a handler that does nothing holds too: so a run of known randomness must reach every event.
contract ReachTest is Handler {
    uint256 private constant STEPS = 4_000;

    function test_the_handler_reaches_every_event() public {
        for (uint256 i; i < STEPS; ++i) {
            step(i % 21 == 20 ? 23 : random(i, 0) % 23, i);
            if (i % 50 == 0) this.assertAll();
        }
        this.assertAll();
        bytes32[19] memory events = [
            IStakingPool.Staked.selector,
            IStakingPool.Unbonded.selector,
            IStakingPool.UnbondCancelled.selector,
            IStakingPool.Withdrawn.selector,
            IStakingPool.Restaked.selector,
            IStakingPool.RewardDeposited.selector,
            IStakingPool.RewardClaimed.selector,
            IStakingPool.RewardSwept.selector,
            IStakingPool.FeesPaid.selector,
            IStakingPool.SinkPaid.selector,
            IStakingPool.PenaltyRequested.selector,
            IStakingPool.PenaltyVetoed.selector,
            IStakingPool.PenaltyExecuted.selector,
            IStakingPool.NodeRegistered.selector,
            IStakingPool.NodeRetired.selector,
            IStakingPool.NodeClosed.selector,
            IStakingPool.NodeReopened.selector,
            IStakingPool.OwnershipTransferStarted.selector,
            IStakingPool.OwnershipTransferred.selector
        ];
        for (uint256 i; i < events.length; ++i) {
            assertGt(counts[events[i]], 0, vm.toString(events[i]));
        }
    }

    function step(uint256 action, uint256 i) private {
        (uint256 a, uint256 b, uint256 c, uint256 d) = (random(i, 1), random(i, 2), random(i, 3), random(i, 4));
        if (action == 0) this.stakeSome(a, b, c);
        else if (action == 1) this.stakeMost(a, b);
        else if (action == 2) this.stakeOnMany(a, b, c);
        else if (action == 3) this.unbondSome(a, b, c);
        else if (action == 4) this.cancelSome(a, b, c);
        else if (action == 5) this.withdrawSome(a, b, c);
        else if (action == 6) this.withdrawFromRetired(a, b);
        else if (action == 7) this.restakeSome(a, b, c, d);
        else if (action == 8) this.claimSome(a, b);
        else if (action == 9) this.rewardSome(a, b, c);
        else if (action == 10) this.giveAway(a);
        else if (action == 11) this.payOut();
        else if (action == 12) this.askPenalty(a, b);
        else if (action == 13) this.takePenalty(a, b % 2 == 0);
        else if (action == 14) this.veto(a);
        else if (action == 15) this.registerMore(a);
        else if (action == 16) this.openOrClose(a, b % 2 == 0);
        else if (action == 17) this.retireSome(a, b);
        else if (action == 18) this.turnSettings(a, b);
        else if (action == 19) this.wait_(a, b);
        else if (action == 20) this.compoundSome(a, b, c);
        else if (action == 21) this.takeAll(a);
        else if (action == 22) this.handOver();
        else this.exitAndComeBack(a);
    }

    function random(uint256 i, uint256 salt) private pure returns (uint256) {
        return uint256(keccak256(abi.encode("reach", i, salt)));
    }
}
