// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Fold} from "./Fold.sol";
import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {IStakingLens} from "../../../contracts/interfaces/IStakingLens.sol";

/// Drives the pool as everybody at once: honest and griefing stakers, and hostile holders of every role. No action may
/// revert: each chooses arguments that must be accepted, or asserts that the pool refuses.
contract Handler is Fold {
    uint256 private constant STAKERS = 5;
    /// Nodes retire, so a run may register more of them, up to this many.
    uint256 private constant NODES = 12;
    uint256 private constant LIVE_NODES = 4;

    struct Charge {
        uint256 time;
        uint256 amount;
    }

    IStakingLens internal lens;
    address[] internal stakers;
    mapping(address => Charge[]) private penalties;
    Charge[] private registrations;
    bytes[] private batch;
    address private successor;

    function setUp() public override {
        vm.recordLogs();
        super.setUp();
        lens = IStakingLens(vm.deployCode("StakingLens.sol:StakingLens"));
        for (uint256 i; i < STAKERS; ++i) {
            stakers.push(makeAddr(string.concat("staker ", vm.toString(i))));
            link.transfer(stakers[i], 50_000_000 * LINK);
        }
        successor = newTimelock(30 days);
        vm.prank(timelock);
        pool.setProofless(true);
        registrations.push(Charge(block.timestamp, 2));
        fold();
    }

    modifier folded() {
        _;
        fold();
    }

    // --- stakers -----------------------------------------------------------------------------------------------

    function stakeSome(uint256 who, uint256 where, uint256 amount) public folded {
        (address staker, address wallet) = (pickStaker(who), pickNode(where));
        uint256 most = pool.maxStake(wallet, staker);
        if (most == 0) return;
        enter(staker, wallet, bound(amount, least(wallet, staker, most), most));
    }

    /// Invariant 27: what maxStake promises is accepted, and a juel more never leaves the stake above the cap.
    function stakeMost(uint256 who, uint256 where) public folded {
        (address staker, address wallet) = (pickStaker(who), pickNode(where));
        uint256 most = pool.maxStake(wallet, staker);
        if (most == 0) return;
        vm.prank(staker);
        vm.expectPartialRevert(IStakingPool.CapExceeded.selector);
        pool.stake(wallet, most + 1);
        enter(staker, wallet, most);
    }

    function stakeOnMany(uint256 who, uint256 from, uint256 amount) public folded {
        address staker = pickStaker(who);
        bytes memory data;
        uint256 total;
        for (uint256 i; i < foldedList.length; ++i) {
            address wallet = foldedList[(from % 1e9 + i) % foldedList.length].wallet;
            uint256 most = pool.maxStake(wallet, staker);
            if (most == 0) continue;
            uint256 part = bound(uint256(keccak256(abi.encode(amount, i))), least(wallet, staker, most), most);
            data = bytes.concat(data, word(wallet, part));
            total += part;
        }
        if (total == 0 || total > link.balanceOf(staker)) return;
        vm.prank(staker);
        link.transferAndCall(address(pool), total, data);
    }

    function unbondSome(uint256 who, uint256 where, uint256 shares) public folded {
        address wallet = pickNode(where);
        address staker = pickActive(wallet, who);
        uint256 active = foldedPosition[wallet][staker].shares;
        if (active == 0 || foldedPosition[wallet][staker].tickets >= 8) return;
        shares = shares % 3 == 0 || active < 2 * LINK ? active : bound(shares, 1, active - LINK);
        (uint256 worth, uint256 claimable) = (worthOf(wallet, staker), pendingOf(wallet, staker));
        unbond(staker, wallet, shares);
        assertLe(worthOf(wallet, staker), worth, "unbonding made stake");
        assertLe(pendingOf(wallet, staker), claimable, "unbonding made rewards");
        assertGe(pendingOf(wallet, staker) + 1, claimable, "unbonding lost rewards");
    }

    function cancelSome(uint256 who, uint256 where, uint256 which) public folded {
        address wallet = pickNode(where);
        (address staker, uint32 ticket) = pickTicket(wallet, who, which);
        uint256 shares = foldedTicket[wallet][staker][ticket].shares;
        if (shares == 0 || !takesStake(wallet)) return;
        IStakingPool.Node memory n = foldedNode[wallet];
        if ((n.activeShares + shares) * n.assets > uint256(n.capLink) * LINK * n.totalShares) return;
        if (foldedPosition[wallet][staker].shares + shares < LINK) return;
        (uint256 worth, uint256 claimable) = (worthOf(wallet, staker), pendingOf(wallet, staker));
        vm.prank(staker);
        pool.cancelUnbond(wallet, ticket);
        assertLe(worthOf(wallet, staker), worth, "cancelling made stake");
        assertLe(pendingOf(wallet, staker), claimable, "cancelling made rewards");
    }

    function withdrawSome(uint256 who, uint256 where, uint256 which) public folded {
        address wallet = pickNode(where);
        (address staker, uint32 ticket) = pickTicket(wallet, who, which);
        IStakingPool.Ticket memory t = foldedTicket[wallet][staker][ticket];
        if (t.shares == 0) return;
        if (block.timestamp < t.readyAt) {
            vm.prank(staker);
            vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, t.readyAt));
            pool.withdraw(wallet, staker, ticket);
            return;
        }
        (uint256 worth, uint256 held) = (worthOf(wallet, staker), link.balanceOf(staker));
        // On a retired node it makes no difference who asks.
        vm.prank(foldedNode[wallet].retiredAt == 0 ? staker : carol);
        uint256 paid = pool.withdraw(wallet, staker, ticket);
        assertEq(link.balanceOf(staker), held + paid, "paid to somebody else");
        assertLe(worthOf(wallet, staker) + paid, worth, "withdrawing made stake");
    }

    function withdrawFromRetired(uint256 who, uint256 where) public folded {
        address wallet = pickNode(where);
        address staker = pickActive(wallet, who);
        IStakingPool.Node memory n = foldedNode[wallet];
        if (n.retiredAt == 0 || block.timestamp < n.retiredAt + 28 days) return;
        if (foldedPosition[wallet][staker].shares == 0) return;
        uint256 claimable = pendingOf(wallet, staker);
        vm.prank(carol);
        pool.withdrawRetired(wallet, staker);
        assertGe(pendingOf(wallet, staker) + 1, claimable, "being withdrawn lost rewards");
    }

    function restakeSome(uint256 who, uint256 where, uint256 which, uint256 to) public folded {
        (address wallet, address target) = (pickNode(where), pickNode(to));
        (address staker, uint32 ticket) = pickTicket(wallet, who, which);
        IStakingPool.Ticket memory t = foldedTicket[wallet][staker][ticket];
        if (t.shares == 0 || wallet == target || block.timestamp < foldedPool.pausedUntil) return;
        uint256 amount = lens.previewWithdraw(pool, wallet, staker, ticket);
        if (block.timestamp < t.readyAt) {
            vm.prank(staker);
            vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotReady.selector, t.readyAt));
            pool.restake(wallet, ticket, target);
            return;
        }
        uint256 most = pool.maxStake(target, staker);
        if (amount == 0 || amount > most || amount < least(target, staker, most)) return;
        uint256 worth = worthOf(wallet, staker) + worthOf(target, staker);
        vm.prank(staker);
        pool.restake(wallet, ticket, target);
        assertLe(worthOf(wallet, staker) + worthOf(target, staker), worth, "restaking made stake");
    }

    /// It makes no difference who asks, and nothing is nothing.
    function claimSome(uint256 who, uint256 where) public folded {
        address wallet = pickNode(where);
        address staker = pickActive(wallet, who);
        (uint256 claimable, uint256 held) = (pendingOf(wallet, staker), link.balanceOf(staker));
        vm.prank(who % 3 == 0 ? carol : staker);
        assertEq(pool.claim(wallet, staker), claimable, "claim");
        assertEq(link.balanceOf(staker), held + claimable, "claimed for somebody else");
        assertEq(pendingOf(wallet, staker), 0, "claimed and still pending");
    }

    function compoundSome(uint256 who, uint256 where, uint256 to) public folded {
        (address wallet, address target) = (pickNode(where), pickNode(to));
        address staker = pickActive(wallet, who);
        (uint256 claimable, uint256 most) = (pendingOf(wallet, staker), pool.maxStake(target, staker));
        if (block.timestamp < foldedPool.pausedUntil) {
            vm.prank(staker);
            vm.expectRevert(abi.encodeWithSelector(IStakingPool.InflowsPaused.selector, foldedPool.pausedUntil));
            pool.compound(wallet, target);
            return;
        }
        if (claimable > most || (claimable != 0 && claimable < least(target, staker, most))) return;
        (uint256 worth, uint256 held) = (worthOf(target, staker), link.balanceOf(staker));
        vm.prank(staker);
        assertEq(pool.compound(wallet, target), claimable, "compound");
        assertEq(link.balanceOf(staker), held, "compounding paid");
        assertLe(worthOf(target, staker), worth + claimable, "compounding made stake");
        assertEq(pendingOf(wallet, staker), 0, "compounded and still pending");
    }

    /// All that a holder can take, in one transaction. Half of the time somebody else was there first, with everything
    /// that others may do for him, and breaks nothing.
    function takeAll(uint256 who) public folded {
        address staker = pickStaker(who);
        delete batch;
        for (uint256 i; i < foldedList.length; ++i) {
            address wallet = foldedList[i].wallet;
            uint256 retiredAt = foldedNode[wallet].retiredAt;
            bool retired = retiredAt != 0 && block.timestamp >= retiredAt + 28 days;
            batch.push(abi.encodeCall(pool.claim, (wallet, staker)));
            if (retired) batch.push(abi.encodeCall(pool.withdrawRetired, (wallet, staker)));
            for (uint32 t; t < foldedPosition[wallet][staker].tickets; ++t) {
                if (foldedTicket[wallet][staker][t].readyAt > block.timestamp) continue;
                batch.push(abi.encodeCall(pool.withdraw, (wallet, staker, t)));
            }
        }
        if (who % 2 == 0) {
            for (uint256 i; i < batch.length; ++i) {
                // On a live node others may only claim.
                vm.prank(carol);
                (bool done,) = address(pool).call(batch[i]);
                (done);
            }
        }
        vm.prank(staker);
        pool.multicall(batch);
        for (uint256 i; i < foldedList.length; ++i) {
            assertEq(pendingOf(foldedList[i].wallet, staker), 0, "taken and still pending");
        }
    }

    /// Invariants 9 and 24: on a live node nobody but the staker touches a position, a ticket or its clock.
    function meddle(uint256 who, uint256 where, uint256 which) public folded {
        address wallet = pickNode(where);
        (address staker, uint32 ticket) = pickTicket(wallet, who, which);
        if (foldedNode[wallet].retiredAt != 0) return;
        vm.startPrank(carol);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotRetired.selector, wallet));
        pool.withdraw(wallet, staker, ticket);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NodeNotRetired.selector, wallet));
        pool.withdrawRetired(wallet, staker);
        vm.expectRevert(abi.encodeWithSelector(IStakingPool.NotEnoughShares.selector, 1, 0));
        pool.unbond(wallet, 1);
        assertEq(pool.claim(wallet, carol), 0);
        vm.stopPrank();
    }

    // --- rewards and gifts -------------------------------------------------------------------------------------

    /// From a juel to a third of all LINK; what stakers were paid comes round again.
    function rewardSome(uint256 where, uint256 amount, uint256 scale) public folded {
        address wallet = pickNode(where);
        if (foldedNode[wallet].status == IStakingPool.Status.Retired) return;
        uint256 held = link.balanceOf(address(this));
        if (held < 400_000_000 * LINK) recycle();
        amount = bound(amount, 1, [uint256(10), 1e6, 1e18, 1e21, 3e26][scale % 5]);
        if (amount > link.balanceOf(address(this))) return;
        reward(wallet, amount);
    }

    /// Invariant 1: LINK given away enters no account, and the owner can take exactly that out again.
    function giveAway(uint256 amount) public folded {
        amount = bound(amount, 1, 1_000 * LINK);
        link.transfer(address(pool), amount);
        uint256 surplus = link.balanceOf(address(pool)) - foldedPool.accounted;
        assertGe(surplus, amount, "a gift was accounted");
        vm.prank(timelock);
        assertEq(pool.rescue(address(link), address(this)), surplus, "rescue");
    }

    function payOut() public folded {
        if (foldedPool.feesOwed != 0) {
            vm.prank(feeRecipient);
            pool.payFees();
        }
        if (foldedPool.sinkOwed != 0) pool.paySink();
    }

    // --- roles, hostile ----------------------------------------------------------------------------------------

    function askPenalty(uint256 where, uint256 bps) public folded {
        address wallet = pickNode(where);
        IStakingPool.Node memory n = foldedNode[wallet];
        if (bps % 3 != 0) return;
        bps = bound(bps, 1, 1_000);
        uint256 leaked = (block.timestamp - n.bucketAt) / 40 minutes;
        uint256 level = leaked > n.bucketLevel ? 0 : n.bucketLevel - leaked;
        uint40 faultAt = uint40(block.timestamp);
        vm.startPrank(slasher);
        if (n.retiredAt != 0 && n.retiredAt < faultAt) {
            vm.expectRevert();
            pool.requestPenalty(wallet, uint16(bps), "evidence", n.retiredAt + 1);
            faultAt = n.retiredAt;
        }
        bool late = faultAt + 14 days < block.timestamp;
        if (block.timestamp < n.penaltyUntil || level + bps > 2_000 || late || !slotFree()) vm.expectRevert();
        pool.requestPenalty(wallet, uint16(bps), "evidence", faultAt);
        vm.stopPrank();
    }

    /// Executes what may be executed; a third of the runs wait for the window first.
    function takePenalty(uint256 where, bool wait) public folded {
        address wallet = pickNode(where);
        IStakingPool.Node memory n = foldedNode[wallet];
        if (block.timestamp >= n.penaltyUntil) {
            vm.prank(slasher);
            vm.expectRevert(abi.encodeWithSelector(IStakingPool.NoPenaltyPending.selector, wallet));
            pool.executePenalty(wallet);
            return;
        }
        if (block.timestamp < n.penaltyUntil - 3 days) {
            if (!wait) return;
            vm.warp(n.penaltyUntil - 3 days);
        }
        uint256[] memory worths = new uint256[](stakers.length);
        for (uint256 i; i < stakers.length; ++i) {
            worths[i] = worthOf(wallet, stakers[i]);
        }
        vm.prank(slasher);
        pool.executePenalty(wallet);
        // Invariant 6: everybody, active or unbonding, loses the same part.
        IStakingPool.Node memory after_ = pool.nodeOf(wallet);
        for (uint256 i; i < stakers.length; ++i) {
            uint256 fair = n.assets == 0 ? 0 : worths[i] * after_.assets / n.assets;
            assertApproxEqAbs(worthOf(wallet, stakers[i]), fair, 2, "a penalty fell unequally");
        }
        penalties[wallet].push(Charge(block.timestamp, n.penaltyBps));
        assertCharged(penalties[wallet], 2_000, 40 minutes);
    }

    function veto(uint256 where) public folded {
        address wallet = pickNode(where);
        if (block.timestamp >= foldedNode[wallet].penaltyUntil) return;
        vm.prank(guardian);
        pool.vetoPenalty(wallet);
    }

    function registerMore(uint256 seed) public folded {
        if (foldedList.length >= NODES || foldedRegistry.liveNodes >= LIVE_NODES) return;
        address wallet = address(uint160(uint256(keccak256(abi.encode(seed, foldedList.length)))));
        if (block.timestamp < foldedPool.pausedUntil || pool.guardHeadroom() == 0) {
            vm.prank(registrar);
            vm.expectRevert();
            pool.registerNode(wallet, 0, "");
            return;
        }
        vm.prank(registrar);
        pool.registerNode(wallet, 0, "");
        registrations.push(Charge(block.timestamp, 1));
        assertCharged(registrations, 10, 8_640);
    }

    function openOrClose(uint256 where, bool open) public folded {
        address wallet = pickNode(where);
        IStakingPool.Status status = foldedNode[wallet].status;
        if (open && status == IStakingPool.Status.Closed) {
            vm.prank(guardian);
            pool.reopenNode(wallet);
        } else if (!open && status == IStakingPool.Status.Active && where % 3 == 0) {
            vm.prank(where % 2 == 0 ? registrar : wallet);
            pool.closeNode(wallet);
        }
    }

    function retireSome(uint256 where, uint256 rarely) public folded {
        address wallet = pickNode(where);
        if (rarely % 12 != 0 || foldedNode[wallet].status == IStakingPool.Status.Retired) return;
        retire(wallet);
    }

    /// Ownership goes from one timelock to the other and back, or the offer lapses and is made anew.
    function handOver() public folded {
        if (pool.pendingOwner() == address(0)) {
            vm.prank(timelock);
            pool.transferOwnership(successor);
        } else if (block.timestamp < foldedOfferEndsAt) {
            vm.prank(successor);
            pool.acceptOwnership();
            (timelock, successor) = (successor, timelock);
        } else {
            vm.prank(successor);
            vm.expectRevert(abi.encodeWithSelector(IStakingPool.OfferLapsed.selector, foldedOfferEndsAt));
            pool.acceptOwnership();
            vm.prank(timelock);
            pool.transferOwnership(successor);
        }
    }

    function turnSettings(uint256 which, uint256 value) public folded {
        which %= 7;
        if (which == 0) {
            vm.prank(guardian);
            pool.pause(uint40(block.timestamp + value % (value % 5 == 0 ? 7 days + 1 : 1 hours)));
        } else if (which == 1) {
            vm.prank(reporter);
            pool.reportNetwork(uint32(value % 3_000));
        } else if (which == 2) {
            // Any fee leaves what is pending as it was: invariant 13.
            uint256 claimable = pendingOf(foldedList[0].wallet, stakers[0]);
            vm.prank(timelock);
            pool.setFee(uint16(value % 2_001));
            assertEq(pendingOf(foldedList[0].wallet, stakers[0]), claimable, "a fee change touched rewards");
        } else if (which == 3) {
            vm.prank(timelock);
            pool.setCap(pickNode(value), uint32(value % 3 == 0 ? value % 200_000 : 100_000));
        } else if (which == 4) {
            vm.prank(timelock);
            pool.setDefaultCap(uint32(bound(value, 1_000, 1_000_000)));
        } else if (which == 5) {
            vm.prank(timelock);
            pool.setCeiling(uint32(bound(value, 500, 3_000)));
        } else if (foldedPool.feeBps != 0) {
            vm.prank(feeRecipient);
            pool.setFee(uint16(value % foldedPool.feeBps));
        }
    }

    // --- time and the end --------------------------------------------------------------------------------------

    function wait_(uint256 seconds_, uint256 scale) public folded {
        skip(bound(seconds_, 0, [uint256(60), 1 days, 10 days, 40 days][scale % 4]));
    }

    /// Invariant 8 and 17, from wherever the run is: see `everybodyExits`.
    function exitAndComeBack(uint256 hardship) public folded {
        if (hardship % 8 != 0) return;
        fold();
        uint256 snapshot = vm.snapshotState();
        everybodyExits(hardship);
        vm.revertToState(snapshot);
        vm.getRecordedLogs();
    }

    /// Everybody unbonds, waits, withdraws and claims, with inflows paused, every other role gone or hostile and, in
    /// some runs, penalties executing in between or the clock near its end. What stays is dust.
    function everybodyExits(uint256 hardship) public {
        if (hardship % 3 == 1) vm.warp(2 ** 40 - 60 days);
        vm.prank(guardian);
        pool.pause(uint40(block.timestamp + 7 days));
        for (uint256 i; i < foldedList.length; ++i) {
            if (hardship % 3 == 2 && pool.nodeOf(foldedList[i].wallet).status != IStakingPool.Status.Retired) {
                retire(foldedList[i].wallet);
            }
            for (uint256 j; j < stakers.length; ++j) {
                uint256 shares = pool.positionOf(foldedList[i].wallet, stakers[j]).shares;
                if (shares != 0) unbond(stakers[j], foldedList[i].wallet, shares);
            }
        }
        if (hardship % 2 == 0) penaliseAll();
        else skip(28 days);
        for (uint256 i; i < foldedList.length; ++i) {
            for (uint256 j; j < stakers.length; ++j) {
                settle(foldedList[i].wallet, stakers[j]);
            }
            IStakingPool.Node memory n = pool.nodeOf(foldedList[i].wallet);
            assertEq(n.totalShares, 0, "somebody is still in");
            assertEq(n.assets, 0, "juels without an owner");
        }
        assertOnlyDustStays();
    }

    /// A slasher takes what it can from those who are leaving, while their clocks run.
    function penaliseAll() private {
        uint256 start = block.timestamp;
        for (uint256 i; i < foldedList.length; ++i) {
            vm.prank(slasher);
            try pool.requestPenalty(foldedList[i].wallet, 1_000, "evidence", uint40(start)) {} catch {}
        }
        skip(4 days);
        for (uint256 i; i < foldedList.length; ++i) {
            vm.prank(slasher);
            try pool.executePenalty(foldedList[i].wallet) {} catch {}
        }
        vm.warp(start + 28 days);
    }

    function settle(address wallet, address staker) private {
        uint32 tickets = pool.positionOf(wallet, staker).tickets;
        for (uint32 t; t < tickets; ++t) {
            if (pool.ticketOf(wallet, staker, t).shares != 0) withdraw(staker, wallet, t);
        }
        if (pendingOf(wallet, staker) != 0) claim(staker, wallet);
    }

    function assertOnlyDustStays() private view {
        IStakingPool.Pool memory p = pool.totals();
        uint256 owed = uint256(p.feesOwed) + p.sinkOwed;
        for (uint256 i; i < foldedList.length; ++i) {
            owed += pool.nodeOf(foldedList[i].wallet).unvested;
        }
        // Rounding leaves less than a juel for each accrual and each action on a position.
        assertGe(p.accounted, owed, "insolvent");
        assertLe(p.accounted - owed, 2_000, "more than dust is stranded");
    }

    // --- invariants --------------------------------------------------------------------------------------------

    function assertAll() external view {
        uint256 owed = uint256(foldedPool.feesOwed) + foldedPool.sinkOwed;
        uint256 pending;
        for (uint256 i; i < foldedList.length; ++i) {
            address wallet = foldedList[i].wallet;
            IStakingPool.Node memory n = foldedNode[wallet];
            uint256 vested = assertNode(wallet, n);
            pending += vested;
            owed += uint256(n.assets) + n.unvested + vested;
        }
        // Invariants 1 and 28.
        assertLe(owed, link.balanceOf(address(pool)), "insolvent");
        assertEq(foldedPool.accounted, linkHeld, "accounted is not LINK in less LINK out");
        assertLe(foldedPool.accounted, link.balanceOf(address(pool)), "accounted more than there is");
        assertLe(pending + claimedEver, vestedEver, "more pending than vested");
        // Invariant 16.
        assertFolded(stakers);
    }

    /// Invariants 2, 3 and 20, and the live nodes' bound of two shares a juel.
    function assertNode(address wallet, IStakingPool.Node memory n) private view returns (uint256 pending) {
        assertLe(n.assets, n.totalShares, "a share is worth more than a juel");
        assertEq(n.assets == 0, n.totalShares == 0, "juels without shares, or shares without juels");
        if (n.retiredAt == 0) assertLe(n.totalShares, 2 * uint256(n.assets), "below half price and not retired");
        if (n.retiredAt != 0 && n.activeShares == 0) assertEq(n.unvested, 0, "not swept");
        assertTrue(n.activeShares == 0 || n.activeShares >= LINK, "too few active shares");
        assertLe(n.accPerShare, 2e27, "accumulator beyond its end");
        (uint256 active, uint256 leaving) = (0, 0);
        for (uint256 j; j < stakers.length; ++j) {
            IStakingPool.Position memory p = foldedPosition[wallet][stakers[j]];
            assertTrue(p.shares == 0 || p.shares >= LINK, "too small a position");
            active += p.shares;
            for (uint32 t; t < p.tickets; ++t) {
                leaving += foldedTicket[wallet][stakers[j]][t].shares;
            }
            // Stored, not live: what has vested since the last action is still counted in `unvested`.
            int256 stored = int256(uint256(p.shares) * n.accPerShare / LINK) - p.debt;
            if (stored > 0) pending += uint256(stored);
        }
        assertEq(active, n.activeShares, "positions are not all active shares");
        assertEq(active + leaving, n.totalShares, "positions and tickets are not all shares");
    }

    // --- choices -----------------------------------------------------------------------------------------------

    function enter(address staker, address wallet, uint256 amount) private {
        if (amount > link.balanceOf(staker)) return;
        (uint256 worth, uint256 claimable) = (worthOf(wallet, staker), pendingOf(wallet, staker));
        if (amount % 2 == 0) {
            stake(staker, wallet, amount);
        } else {
            vm.startPrank(staker);
            link.approve(address(pool), amount);
            pool.stake(wallet, amount);
            vm.stopPrank();
        }
        assertLe(worthOf(wallet, staker), worth + amount, "staking made stake");
        // Invariant 10: no time has passed, so nothing is earned.
        assertLe(pendingOf(wallet, staker), claimable, "earned without time");
        assertGe(pendingOf(wallet, staker) + 1, claimable, "staking lost rewards");
    }

    function pickStaker(uint256 seed) private view returns (address) {
        return stakers[seed % stakers.length];
    }

    /// Mostly one of the latest, which are the ones that live.
    function pickNode(uint256 seed) private view returns (address) {
        uint256 length = foldedList.length;
        if (seed % 8 == 0 || length <= LIVE_NODES) return foldedList[(seed / 8) % length].wallet;
        return foldedList[length - 1 - (seed / 8) % LIVE_NODES].wallet;
    }

    /// A staker with active stake on the node, if there is one.
    function pickActive(address wallet, uint256 seed) private view returns (address staker) {
        for (uint256 i; i < STAKERS; ++i) {
            staker = stakers[(seed % STAKERS + i) % STAKERS];
            if (foldedPosition[wallet][staker].shares != 0) return staker;
        }
    }

    /// A ticket that has not ended, if there is one.
    function pickTicket(address wallet, uint256 who, uint256 which) private view returns (address, uint32) {
        for (uint256 i; i < STAKERS; ++i) {
            address staker = stakers[(who % STAKERS + i) % STAKERS];
            uint32 count = foldedPosition[wallet][staker].tickets;
            for (uint32 t; t < count; ++t) {
                uint32 ticket = uint32((which % count + t) % count);
                if (foldedTicket[wallet][staker][ticket].shares != 0) return (staker, ticket);
            }
        }
        return (pickStaker(who), 0);
    }

    function takesStake(address wallet) private view returns (bool) {
        IStakingPool.Node memory n = foldedNode[wallet];
        return n.status == IStakingPool.Status.Active && block.timestamp >= n.penaltyUntil
            && block.timestamp >= foldedPool.pausedUntil;
    }

    function slotFree() private view returns (bool) {
        for (uint256 i; i < foldedSlots.length; ++i) {
            if (foldedSlots[i] <= block.timestamp) return true;
        }
        return false;
    }

    /// The fewest juels that leave a valid position.
    function least(address wallet, address staker, uint256 most) private view returns (uint256) {
        uint256 shares = foldedPosition[wallet][staker].shares;
        if (shares >= LINK) return 1;
        IStakingPool.Node memory n = foldedNode[wallet];
        if (n.totalShares == 0) return LINK;
        uint256 amount = (LINK * n.assets + n.totalShares - 1) / n.totalShares;
        return amount > most ? most : amount;
    }

    /// What all stake of a staker on a node, active and unbonding, is worth.
    function worthOf(address wallet, address staker) private view returns (uint256) {
        IStakingPool.Position memory p = pool.positionOf(wallet, staker);
        uint256 shares = p.shares;
        for (uint32 t; t < p.tickets; ++t) {
            shares += pool.ticketOf(wallet, staker, t).shares;
        }
        IStakingPool.Node memory n = pool.nodeOf(wallet);
        return shares == 0 ? 0 : shares * n.assets / n.totalShares;
    }

    function pendingOf(address wallet, address staker) private view returns (uint256) {
        return lens.pendingReward(pool, wallet, staker);
    }

    function recycle() private {
        for (uint256 i; i < stakers.length; ++i) {
            uint256 held = link.balanceOf(stakers[i]);
            if (held < 60_000_000 * LINK) continue;
            vm.prank(stakers[i]);
            link.transfer(address(this), held - 50_000_000 * LINK);
        }
    }

    /// In no window is more charged than the capacity and what leaks meanwhile: invariants 7 and 14.
    function assertCharged(Charge[] storage charges, uint256 capacity, uint256 leak) private view {
        uint256 sum;
        for (uint256 i = charges.length; i > 0; --i) {
            sum += charges[i - 1].amount;
            uint256 window = block.timestamp - charges[i - 1].time;
            assertLe(sum, capacity + (window + leak - 1) / leak, "charged faster than the bucket leaks");
        }
    }
}
