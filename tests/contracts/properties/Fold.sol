// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fixture} from "../Fixture.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {Vm} from "forge-std/Vm.sol";

/// Rebuilds the pool's state from its logs alone: state is the last value of each field. Each event is also checked
/// against the state before it (post = last + delta), so a missing or wrong event fails here, and each transfer out of
/// the pool against the event that explains it.
abstract contract Fold is Fixture {
    struct Entered {
        uint96 amount;
        uint96 shares;
        uint96 positionShares;
        int128 positionDebt;
        uint96 totalShares;
        uint96 assets;
        uint96 activeShares;
        IStakingPool.Stream stream;
        uint96 accounted;
    }

    struct Left {
        uint96 shares;
        uint40 readyAt;
        uint96 positionShares;
        int128 positionDebt;
        uint96 activeShares;
        IStakingPool.Stream stream;
    }

    struct Cancelled {
        uint96 shares;
        uint96 positionShares;
        int128 positionDebt;
        uint96 activeShares;
        IStakingPool.Stream stream;
    }

    struct Paid {
        uint96 shares;
        uint96 amount;
        uint96 totalShares;
        uint96 assets;
        uint96 accounted;
    }

    struct Moved {
        address target;
        uint96 shares;
        uint96 amount;
        uint96 totalShares;
        uint96 assets;
        uint96 accounted;
    }

    struct Executed {
        uint16 bps;
        uint96 amount;
        uint96 assets;
        uint96 sinkOwed;
        uint40 penaltyUntil;
        uint16 penaltyBps;
        uint8 penaltySlot;
        uint8 slot;
        uint40 slotEndsAt;
        uint32 bucketLevel;
        uint40 bucketAt;
    }

    mapping(address => IStakingPool.Node) internal foldedNode;
    mapping(address => mapping(address => IStakingPool.Position)) internal foldedPosition;
    mapping(address => mapping(address => mapping(uint32 => IStakingPool.Ticket))) internal foldedTicket;
    mapping(address => uint8) internal foldedRoles;
    IStakingPool.Entry[] internal foldedList;
    IStakingPool.Pool internal foldedPool;
    IStakingPool.Registry internal foldedRegistry;
    uint40[6] internal foldedSlots;
    address internal foldedOwner;
    address internal foldedPendingOwner;
    uint40 internal foldedOfferEndsAt;
    address[] internal foldedAccounts;

    /// Net rewards that arrived less what still has to vest and what was swept: the most that can ever be claimed.
    uint256 internal vestedEver;
    uint256 internal claimedEver;
    /// LINK in less LINK out, by the events' own amounts.
    uint256 internal linkHeld;

    /// How often each event was seen.
    mapping(bytes32 => uint256) internal counts;

    address private payee;
    uint256 private payable_;

    function fold() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == address(pool)) foldEvent(logs[i]);
            else if (logs[i].emitter == address(link)) foldTransfer(logs[i]);
        }
        assertEq(payable_, 0, "an event promised a payment that was not made");
    }

    function foldTransfer(Vm.Log memory log) private {
        if (log.topics[0] != keccak256("Transfer(address,address,uint256)")) return;
        if (log.topics[1] != bytes32(uint256(uint160(address(pool))))) return;
        assertEq(address(uint160(uint256(log.topics[2]))), payee, "LINK left to somebody no event names");
        assertEq(abi.decode(log.data, (uint256)), payable_, "LINK left by another amount than the event says");
        payable_ = 0;
    }

    function expectPayment(address to, uint256 amount) private {
        assertEq(payable_, 0, "an event promised a payment that was not made");
        (payee, payable_) = (to, amount);
    }

    function foldEvent(Vm.Log memory log) private {
        bytes32 id = log.topics[0];
        address first = log.topics.length > 1 ? address(uint160(uint256(log.topics[1]))) : address(0);
        address second = log.topics.length > 2 ? address(uint160(uint256(log.topics[2]))) : address(0);
        uint32 ticket = log.topics.length > 3 ? uint32(uint256(log.topics[3])) : 0;
        counts[id] += 1;
        if (id == IStakingPool.Staked.selector) return foldStaked(first, second, abi.decode(log.data, (Entered)));
        if (id == IStakingPool.Unbonded.selector) {
            return foldUnbonded(first, second, ticket, abi.decode(log.data, (Left)));
        }
        if (id == IStakingPool.UnbondCancelled.selector) {
            return foldCancelled(first, second, ticket, abi.decode(log.data, (Cancelled)));
        }
        if (id == IStakingPool.Withdrawn.selector) {
            Paid memory paid = abi.decode(log.data, (Paid));
            linkHeld -= paid.amount;
            expectPayment(second, paid.amount);
            return foldPaid(first, second, ticket, paid);
        }
        if (id == IStakingPool.Restaked.selector) {
            Moved memory m = abi.decode(log.data, (Moved));
            // The stake that follows counts it in again.
            linkHeld -= m.amount;
            return foldPaid(first, second, ticket, Paid(m.shares, m.amount, m.totalShares, m.assets, m.accounted));
        }
        if (id == IStakingPool.RewardDeposited.selector) return foldDeposited(first, log.data);
        if (id == IStakingPool.RewardClaimed.selector) return foldClaimed(first, second, log.data);
        if (id == IStakingPool.RewardSwept.selector) return foldSwept(first, log.data);
        if (id == IStakingPool.FeesPaid.selector || id == IStakingPool.SinkPaid.selector) {
            return foldPoolPaid(id == IStakingPool.FeesPaid.selector, first, log.data);
        }
        if (id == IStakingPool.Rescued.selector) {
            if (first == address(link)) expectPayment(second, abi.decode(log.data, (uint256)));
            return;
        }
        if (id == IStakingPool.PenaltyRequested.selector) return foldRequested(first, log.data);
        if (id == IStakingPool.PenaltyVetoed.selector) return foldVetoed(first, log.data);
        if (id == IStakingPool.PenaltyExecuted.selector) {
            return foldExecuted(first, abi.decode(log.data, (Executed)));
        }
        if (id == IStakingPool.NodeRegistered.selector) return foldRegistered(first, uint256(log.topics[2]), log.data);
        if (id == IStakingPool.NodeRetired.selector) return foldRetired(first, log.data);
        foldSetting(id, first, second, log.data);
    }

    function foldStaked(address wallet, address staker, Entered memory e) private {
        IStakingPool.Node storage n = foldedNode[wallet];
        IStakingPool.Position storage p = foldedPosition[wallet][staker];
        assertEq(uint8(n.status), uint8(IStakingPool.Status.Active), "stake entered a node that is not active");
        assertGe(block.timestamp, n.penaltyUntil, "stake entered under a pending penalty");
        foldStream(wallet, n.activeShares, e.stream);
        assertEq(e.totalShares, n.totalShares + e.shares, "gap in totalShares");
        assertEq(e.assets, n.assets + e.amount, "gap in assets");
        assertEq(e.activeShares, n.activeShares + e.shares, "gap in activeShares");
        assertEq(e.positionShares, p.shares + e.shares, "gap in position shares");
        assertEq(e.accounted, foldedPool.accounted + e.amount, "gap in accounted");
        // Invariant 19: (A + a) * S <= A * S' + A, the price hardly rises for those who were there.
        assertLe(
            uint256(e.assets) * n.totalShares, uint256(n.assets) * e.totalShares + n.assets, "a stake moved the price"
        );
        (n.totalShares, n.assets, n.activeShares) = (e.totalShares, e.assets, e.activeShares);
        (p.shares, p.debt) = (e.positionShares, e.positionDebt);
        foldedPool.accounted = e.accounted;
        linkHeld += e.amount;
        // A reward that was not paid: its owner compounds it, all of it.
        if (payable_ != 0) {
            assertEq(payee, staker, "a reward became the stake of somebody else");
            assertEq(payable_, e.amount, "another amount was staked than claimed");
            payable_ = 0;
        }
        // Invariant 4.
        assertLe(
            uint256(n.activeShares) * n.assets, uint256(n.capLink) * LINK * n.totalShares, "active stake above the cap"
        );
    }

    function foldUnbonded(address wallet, address staker, uint32 ticket, Left memory e) private {
        IStakingPool.Node storage n = foldedNode[wallet];
        IStakingPool.Position storage p = foldedPosition[wallet][staker];
        foldStream(wallet, n.activeShares, e.stream);
        assertEq(ticket, p.tickets, "gap in tickets");
        assertEq(e.positionShares, p.shares - e.shares, "gap in position shares");
        assertEq(e.activeShares, n.activeShares - e.shares, "gap in activeShares");
        uint256 started = n.retiredAt == 0 ? block.timestamp : n.retiredAt;
        assertEq(e.readyAt, started + 28 days, "a ticket's clock");
        n.activeShares = e.activeShares;
        foldedPosition[wallet][staker] = IStakingPool.Position(e.positionShares, e.positionDebt, ticket + 1);
        foldedTicket[wallet][staker][ticket] = IStakingPool.Ticket(e.shares, e.readyAt);
    }

    function foldCancelled(address wallet, address staker, uint32 ticket, Cancelled memory e) private {
        IStakingPool.Node storage n = foldedNode[wallet];
        IStakingPool.Position storage p = foldedPosition[wallet][staker];
        assertEq(uint8(n.status), uint8(IStakingPool.Status.Active), "stake returned to a node that is not active");
        foldStream(wallet, n.activeShares, e.stream);
        assertEq(e.shares, foldedTicket[wallet][staker][ticket].shares, "gap in ticket");
        assertEq(e.positionShares, p.shares + e.shares, "gap in position shares");
        assertEq(e.activeShares, n.activeShares + e.shares, "gap in activeShares");
        n.activeShares = e.activeShares;
        (p.shares, p.debt) = (e.positionShares, e.positionDebt);
        delete foldedTicket[wallet][staker][ticket];
        assertLe(
            uint256(n.activeShares) * n.assets, uint256(n.capLink) * LINK * n.totalShares, "active stake above the cap"
        );
    }

    function foldPaid(address wallet, address staker, uint32 ticket, Paid memory e) private {
        IStakingPool.Node storage n = foldedNode[wallet];
        IStakingPool.Ticket memory t = foldedTicket[wallet][staker][ticket];
        assertEq(e.shares, t.shares, "gap in ticket");
        assertGe(block.timestamp, t.readyAt, "a ticket was paid before its time");
        assertEq(e.totalShares, n.totalShares - e.shares, "gap in totalShares");
        assertEq(e.assets, n.assets - e.amount, "gap in assets");
        assertEq(e.accounted, foldedPool.accounted - e.amount, "gap in accounted");
        // Invariant 19: A' <= A * S' / S + 1 and never less than A * S' / S.
        assertLe(uint256(e.assets) * n.totalShares, uint256(n.assets) * e.totalShares + n.totalShares, "price rose");
        assertGe(uint256(e.assets) * n.totalShares, uint256(n.assets) * e.totalShares, "price fell");
        (n.totalShares, n.assets) = (e.totalShares, e.assets);
        foldedPool.accounted = e.accounted;
        delete foldedTicket[wallet][staker][ticket];
    }

    /// A stream may only vest: the accumulator never falls, and what leaves `unvested` is what active shares got.
    function foldStream(address wallet, uint256 active, IStakingPool.Stream memory stream) private {
        IStakingPool.Node storage n = foldedNode[wallet];
        assertGe(stream.accPerShare, n.accPerShare, "accPerShare fell");
        uint256 risen = uint256(stream.accPerShare - n.accPerShare) * active;
        uint256 left = n.unvested - stream.unvested;
        assertEq(left, (risen + LINK - 1) / LINK, "what left unvested is not what was shared out");
        if (stream.unvested != 0) assertLe(stream.vestEnd, block.timestamp + 7 days, "vests too late");
        vestedEver += left;
        foldLateStream(n, stream);
    }

    function foldLateStream(IStakingPool.Node storage n, IStakingPool.Stream memory stream) private {
        (n.accPerShare, n.unvested, n.vestEnd, n.lastUpdate) =
        (stream.accPerShare, stream.unvested, stream.vestEnd, stream.lastUpdate);
    }

    function foldDeposited(address wallet, bytes memory data) private {
        (uint96 amount, uint96 fee, IStakingPool.Stream memory stream, uint96 feesOwed, uint96 accounted) =
            abi.decode(data, (uint96, uint96, IStakingPool.Stream, uint96, uint96));
        IStakingPool.Node storage n = foldedNode[wallet];
        assertTrue(n.status != IStakingPool.Status.Retired, "reward for a retired node");
        assertEq(fee, uint256(amount) * foldedPool.feeBps / 10_000, "maker fee");
        assertEq(feesOwed, foldedPool.feesOwed + fee, "gap in feesOwed");
        assertEq(accounted, foldedPool.accounted + amount, "gap in accounted");
        uint256 active = n.activeShares;
        uint256 risen = uint256(stream.accPerShare - n.accPerShare) * active;
        uint256 left = (risen + LINK - 1) / LINK;
        uint256 net = amount - fee;
        assertEq(uint256(stream.unvested) + left, n.unvested + net, "gap in unvested");
        vestedEver += left;
        foldHorizon(n, stream, n.unvested - left, net);
        foldLateStream(n, stream);
        (foldedPool.feesOwed, foldedPool.accounted) = (feesOwed, accounted);
        linkHeld += amount;
    }

    /// Invariant 11: a reward moves the end of vesting by no more than its weight, and never back.
    function foldHorizon(IStakingPool.Node storage n, IStakingPool.Stream memory stream, uint256 unvested, uint256 net)
        private
        view
    {
        uint256 end = n.vestEnd;
        if (n.unvested == 0 || end < block.timestamp) end = block.timestamp;
        // The clock stood still while nothing was active.
        if (n.unvested != 0 && n.activeShares == 0 && n.lastUpdate < n.vestEnd) {
            end = block.timestamp + n.vestEnd - n.lastUpdate;
        }
        assertGe(stream.vestEnd, end, "a reward shortened the vesting");
        assertLe(stream.vestEnd - end, 7 days * net / (unvested + net) + 1, "a reward diluted the stream");
        assertLe(stream.vestEnd, block.timestamp + 7 days, "vests too late");
    }

    function foldClaimed(address wallet, address staker, bytes memory data) private {
        (uint96 amount, int128 debt, IStakingPool.Stream memory stream, uint96 accounted) =
            abi.decode(data, (uint96, int128, IStakingPool.Stream, uint96));
        foldStream(wallet, foldedNode[wallet].activeShares, stream);
        assertEq(debt, foldedPosition[wallet][staker].debt + int128(uint128(amount)), "gap in debt");
        assertEq(accounted, foldedPool.accounted - amount, "gap in accounted");
        foldedPosition[wallet][staker].debt = debt;
        foldedPool.accounted = accounted;
        claimedEver += amount;
        linkHeld -= amount;
        expectPayment(staker, amount);
    }

    function foldSwept(address wallet, bytes memory data) private {
        (uint96 amount, IStakingPool.Stream memory stream, uint96 sinkOwed) =
            abi.decode(data, (uint96, IStakingPool.Stream, uint96));
        IStakingPool.Node storage n = foldedNode[wallet];
        assertEq(uint8(n.status), uint8(IStakingPool.Status.Retired), "swept a live node");
        assertEq(n.activeShares, 0, "swept a node with active stake");
        assertEq(amount, n.unvested, "gap in unvested");
        assertEq(sinkOwed, foldedPool.sinkOwed + amount, "gap in sinkOwed");
        foldLateStream(n, stream);
        foldedPool.sinkOwed = sinkOwed;
    }

    function foldPoolPaid(bool fees, address to, bytes memory data) private {
        (uint96 amount, uint96 owed, uint96 accounted) = abi.decode(data, (uint96, uint96, uint96));
        assertEq(accounted, foldedPool.accounted - amount, "gap in accounted");
        assertEq(owed, (fees ? foldedPool.feesOwed : foldedPool.sinkOwed) - amount, "gap in what is owed");
        assertEq(to, fees ? foldedPool.feeRecipient : sink, "paid to somebody else");
        if (fees) foldedPool.feesOwed = owed;
        else foldedPool.sinkOwed = owed;
        foldedPool.accounted = accounted;
        linkHeld -= amount;
        expectPayment(to, amount);
    }

    function foldRequested(address wallet, bytes memory data) private {
        (uint16 bps,, uint40 faultAt, uint40 requestedAt, uint40 penaltyUntil, uint8 slot, uint40 slotEndsAt) =
            abi.decode(data, (uint16, bytes32, uint40, uint40, uint40, uint8, uint40));
        IStakingPool.Node storage n = foldedNode[wallet];
        assertGe(requestedAt, n.penaltyUntil, "two penalties of one node pending");
        assertGe(requestedAt, foldedSlots[slot], "a slot was taken twice");
        if (n.retiredAt != 0) assertLe(faultAt, n.retiredAt, "a fault after the retirement");
        (n.penaltyBps, n.penaltySlot, n.penaltyUntil) = (bps, slot, penaltyUntil);
        foldedSlots[slot] = slotEndsAt;
    }

    function foldVetoed(address wallet, bytes memory data) private {
        (uint40 penaltyUntil, uint8 slot, uint40 slotEndsAt) = abi.decode(data, (uint40, uint8, uint40));
        assertLt(block.timestamp, foldedNode[wallet].penaltyUntil, "vetoed what had lapsed");
        assertEq(slotEndsAt, block.timestamp, "a veto kept its slot");
        foldedNode[wallet].penaltyUntil = penaltyUntil;
        foldedSlots[slot] = slotEndsAt;
    }

    function foldExecuted(address wallet, Executed memory e) private {
        IStakingPool.Node storage n = foldedNode[wallet];
        // Invariant 22: inside its window, and no more than was asked for.
        assertGe(block.timestamp, n.penaltyUntil - 3 days, "executed before the veto window ended");
        assertLt(block.timestamp, n.penaltyUntil, "executed after its window");
        assertEq(e.bps, n.penaltyBps, "another penalty than requested");
        assertEq(e.amount, uint256(n.assets) * e.bps / 10_000, "penalty");
        assertEq(e.assets, n.assets - e.amount, "gap in assets");
        assertEq(e.sinkOwed, foldedPool.sinkOwed + e.amount, "gap in sinkOwed");
        assertLe(e.bucketLevel, 2_000, "penalties above their capacity");
        assertEq(e.slot, n.penaltySlot, "another slot than requested");
        assertEq(e.slotEndsAt, block.timestamp, "an execution kept its slot");
        (n.penaltyUntil, n.penaltyBps, n.penaltySlot) = (e.penaltyUntil, e.penaltyBps, e.penaltySlot);
        (n.assets, n.bucketLevel, n.bucketAt) = (e.assets, e.bucketLevel, e.bucketAt);
        foldedPool.sinkOwed = e.sinkOwed;
        foldedSlots[e.slot] = e.slotEndsAt;
    }

    function foldRegistered(address wallet, uint256 index, bytes memory data) private {
        (, uint32 cap, uint40 at_, uint32 live, uint32 level, uint40 levelAt) =
            abi.decode(data, (uint8, uint32, uint40, uint32, uint32, uint40));
        assertEq(index, foldedList.length, "gap in the list");
        assertEq(live, foldedRegistry.liveNodes + 1, "gap in liveNodes");
        assertLe(level, 10, "registrations above their capacity");
        // Invariant 15.
        uint256 network =
            foldedRegistry.reported < foldedRegistry.ceiling ? foldedRegistry.reported : foldedRegistry.ceiling;
        assertLe(uint256(live) * 10_000, 1_000 * network, "registered beyond the share of the network");
        assertLe(block.timestamp, foldedRegistry.reportedAt + 7 days, "registered on an old report");
        foldedNode[wallet].capLink = cap;
        foldedNode[wallet].status = IStakingPool.Status.Active;
        foldedList.push(IStakingPool.Entry(wallet, at_));
        (foldedRegistry.liveNodes, foldedRegistry.bucketLevel, foldedRegistry.bucketAt) = (live, level, levelAt);
    }

    function foldRetired(address wallet, bytes memory data) private {
        (uint40 retiredAt, uint32 live) = abi.decode(data, (uint40, uint32));
        assertEq(live, foldedRegistry.liveNodes - 1, "gap in liveNodes");
        foldedNode[wallet].status = IStakingPool.Status.Retired;
        foldedNode[wallet].retiredAt = retiredAt;
        foldedRegistry.liveNodes = live;
    }

    function foldSetting(bytes32 id, address first, address second, bytes memory data) private {
        if (id == IStakingPool.NodeClosed.selector) {
            foldedNode[first].status = IStakingPool.Status.Closed;
        } else if (id == IStakingPool.NodeReopened.selector) {
            foldedNode[first].status = IStakingPool.Status.Active;
        } else if (id == IStakingPool.CapChanged.selector) {
            foldedNode[first].capLink = uint32(changed(foldedNode[first].capLink, data));
        } else if (id == IStakingPool.Paused.selector) {
            foldedPool.pausedUntil = uint40(changed(foldedPool.pausedUntil, data));
        } else if (id == IStakingPool.FeeChanged.selector) {
            foldedPool.feeBps = uint16(changed(foldedPool.feeBps, data));
            assertLe(foldedPool.feeBps, 2_000, "fee above its maximum");
        } else if (id == IStakingPool.FeeRecipientChanged.selector) {
            foldedPool.feeRecipient = address(uint160(changed(uint160(foldedPool.feeRecipient), data)));
        } else if (id == IStakingPool.DefaultCapChanged.selector) {
            foldedRegistry.defaultCapLink = uint32(changed(foldedRegistry.defaultCapLink, data));
        } else if (id == IStakingPool.NetworkReported.selector) {
            foldedRegistry.reported = uint32(changed(foldedRegistry.reported, data));
            (,, foldedRegistry.reportedAt) = abi.decode(data, (uint32, uint32, uint40));
        } else if (id == IStakingPool.CeilingChanged.selector) {
            foldedRegistry.ceiling = uint32(changed(foldedRegistry.ceiling, data));
        } else if (id == IStakingPool.ProoflessChanged.selector) {
            foldedRegistry.prooflessAllowed = changed(foldedRegistry.prooflessAllowed ? 1 : 0, data) == 1;
        } else if (id == IStakingPool.RolesChanged.selector) {
            foldedRoles[first] = uint8(changed(foldedRoles[first], data));
            foldedAccounts.push(first);
        } else if (id == IStakingPool.OwnershipTransferStarted.selector) {
            assertEq(first, foldedOwner, "gap in owner");
            foldedPendingOwner = second;
            foldedOfferEndsAt = abi.decode(data, (uint40));
        } else if (id == IStakingPool.OwnershipTransferred.selector) {
            assertEq(first, foldedOwner, "gap in owner");
            // The constructor hands over without an offer.
            if (first != address(0)) assertLt(block.timestamp, foldedOfferEndsAt, "accepted an offer that had lapsed");
            (foldedOwner, foldedPendingOwner, foldedOfferEndsAt) = (second, address(0), 0);
        } else {
            assertEq(id, IStakingPool.PoolCreated.selector, "an event the fold does not know");
        }
    }

    /// The new value of a setting whose event starts with the old and the new one.
    function changed(uint256 last, bytes memory data) private pure returns (uint256 value) {
        uint256 old;
        (old, value) = abi.decode(data, (uint256, uint256));
        assertEq(old, last, "gap in a setting");
    }

    /// Compares every storage field with what the logs say. `stakers` are all who ever staked.
    function assertFolded(address[] memory stakers) internal view {
        assertEq(keccak256(abi.encode(pool.totals())), keccak256(abi.encode(foldedPool)), "pool");
        assertEq(keccak256(abi.encode(pool.registry())), keccak256(abi.encode(foldedRegistry)), "registry");
        assertEq(keccak256(abi.encode(pool.penaltySlots())), keccak256(abi.encode(foldedSlots)), "penalty slots");
        assertEq(pool.owner(), foldedOwner, "owner");
        assertEq(pool.pendingOwner(), foldedPendingOwner, "pending owner");
        assertEq(pool.offerEndsAt(), foldedOfferEndsAt, "end of the offer");
        assertEq(pool.nodeCount(), foldedList.length, "number of nodes");
        for (uint256 i; i < foldedAccounts.length; ++i) {
            assertEq(pool.rolesOf(foldedAccounts[i]), foldedRoles[foldedAccounts[i]], "roles");
        }
        for (uint256 i; i < foldedList.length; ++i) {
            address wallet = foldedList[i].wallet;
            assertEq(keccak256(abi.encode(pool.nodeAt(i))), keccak256(abi.encode(foldedList[i])), "list entry");
            assertEq(keccak256(abi.encode(pool.nodeOf(wallet))), keccak256(abi.encode(foldedNode[wallet])), "node");
            for (uint256 j; j < stakers.length; ++j) {
                assertFoldedPosition(wallet, stakers[j]);
            }
        }
    }

    function assertFoldedPosition(address wallet, address staker) private view {
        IStakingPool.Position memory p = pool.positionOf(wallet, staker);
        assertEq(keccak256(abi.encode(p)), keccak256(abi.encode(foldedPosition[wallet][staker])), "position");
        for (uint32 t; t < p.tickets; ++t) {
            IStakingPool.Ticket memory ticket = pool.ticketOf(wallet, staker, t);
            assertEq(keccak256(abi.encode(ticket)), keccak256(abi.encode(foldedTicket[wallet][staker][t])), "ticket");
        }
    }
}
