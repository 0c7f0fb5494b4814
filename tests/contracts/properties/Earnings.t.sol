// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IStakingPool} from "../../../contracts/interfaces/IStakingPool.sol";
import {Bounds} from "../../../contracts/libraries/Bounds.sol";
import {EarningsFixture, FeedStandIn, IEarnings} from "../EarningsFixture.sol";
import {ILinkToken} from "../Fixture.sol";
import {Test} from "forge-std/Test.sol";

/// Operator and feed at once, of the worst kind: says it has what it has not, and calls back into whatever it can while it is asked.
contract Hostile {
    ILinkToken private immutable LINK;
    IEarnings public victim;
    address public real;
    uint256 public mood;

    constructor(ILinkToken link) {
        LINK = link;
    }

    function turn(IEarnings next, address operator, uint256 how) external {
        (victim, real, mood) = (next, operator, how);
    }

    function withdrawable() external view returns (uint256) {
        return mood % 7 == 0 ? 0 : mood % 7 == 1 ? type(uint256).max : mood;
    }

    fallback() external {
        if (mood % 3 == 0) LINK.transfer(address(victim), LINK.balanceOf(address(this)) / 2);
        uint256 how = mood % 11;
        if (how == 0) revert("mood");
        if (how == 1) victim.push();
        if (how == 2) try victim.collect(real) {} catch {}
        if (how == 3) try victim.take(real) {} catch {}
        if (how == 4) try victim.release(real) {} catch {}
        if (how == 5) try victim.collectFeed(real) {} catch {}
        if (how == 6) {
            mood = 1;
            try victim.collect(address(this)) {} catch {}
        }
    }
}

/// What anybody may do with the earnings of three nodes, one of which the pool does not know at first.
contract EarningsHandler is EarningsFixture {
    uint256 private constant LATE = uint256(keccak256("late"));
    address[3] private wallets;
    uint256 private gifts;
    uint256 private given;
    uint256 private began;
    mapping(address wallet => FeedStandIn) private feeds;
    Hostile private hostile;

    function setUp() public override {
        super.setUp();
        hostile = new Hostile(link);
        wallets = [node, other, vm.addr(LATE)];
        for (uint256 i; i < 3; ++i) {
            factory.create(wallets[i]);
            feeds[wallets[i]] = newFeed(wallets[i]);
        }
        began = link.balanceOf(address(this));
    }

    /// While a node lives nothing goes to the sink, and while the pool does not know it nothing leaves at all.
    modifier watched(uint256 which) {
        address wallet = wallets[which % 3];
        IStakingPool.Status status = pool.nodeOf(wallet).status;
        (uint256 sunk, uint256 kept) = (link.balanceOf(sink), link.balanceOf(factory.earningsOf(wallet)));
        _;
        if (status != IStakingPool.Status.Retired) assertEq(link.balanceOf(sink), sunk, "a live node's LINK was sunk");
        if (status == IStakingPool.Status.None) {
            assertGe(link.balanceOf(factory.earningsOf(wallet)), kept, "LINK left before the pool knew the node");
        }
    }

    function _earnings(uint256 seed) private view returns (IEarnings) {
        return IEarnings(factory.earningsOf(wallets[seed % 3]));
    }

    function _give(address to, uint256 amount) private {
        given += amount;
        link.transfer(to, amount);
    }

    function sendSome(uint256 which, uint96 amount) external watched(which) {
        _give(address(_earnings(which)), amount % (100 * LINK));
    }

    function earn(uint256 which, uint96 amount) external watched(which) {
        _give(address(operator), amount % (100 * LINK));
        FeedStandIn feed = feeds[wallets[which % 3]];
        _give(address(feed), amount % LINK);
        feed.owe(wallets[which % 3], amount % LINK);
    }

    function pushSome(uint256 which) external watched(which) {
        _earnings(which).push();
    }

    function collectSome(uint256 which) external watched(which) {
        try _earnings(which).collect(address(operator)) {} catch {}
    }

    function collectFeedOf(uint256 which) external watched(which) {
        FeedStandIn feed = feeds[wallets[which % 3]];
        try _earnings(which).collectFeed(address(feed)) {} catch {}
    }

    function takeSome(uint256 which) external watched(which) {
        if (operator.owner() == address(this)) operator.transferOwnership(address(_earnings(which)));
        try _earnings(which).take(address(operator)) {} catch {}
    }

    function meddle(uint256 which, uint256 mood, uint96 gift) external watched(which) {
        gifts += gift % LINK;
        _give(address(hostile), gift % LINK);
        IEarnings victim = _earnings(which);
        hostile.turn(victim, address(operator), mood);
        uint256 what = mood / 77 % 5;
        if (what == 0) try victim.collect(address(hostile)) {} catch {}
        if (what == 1) try victim.take(address(hostile)) {} catch {}
        if (what == 2) try victim.collectFeed(address(hostile)) {} catch {}
        if (what == 3) try victim.release(address(hostile)) {} catch {}
        if (what == 4) try victim.releaseFeed(address(hostile)) {} catch {}
    }

    function live(uint256 which, uint256 what) external {
        address wallet = wallets[which % 3];
        IStakingPool.Status status = pool.nodeOf(wallet).status;
        if (status == IStakingPool.Status.None) {
            vm.prank(reporter);
            pool.reportNetwork(1_000);
            return register(LATE);
        }
        if (status == IStakingPool.Status.Retired) {
            skip(Bounds.UNBONDING);
            pool.withdrawRetired(wallet, alice);
            try _earnings(which).release(address(operator)) {} catch {}
            return;
        }
        if (what % 8 == 0) return retire(wallet);
        if (what % 8 == 1 && status == IStakingPool.Status.Active) {
            vm.prank(guardian);
            return pool.closeNode(wallet);
        }
        if (status == IStakingPool.Status.Active && what % 8 < 4) stake(alice, wallet, 10 * LINK);
    }

    /// All that was given is with a source or a clone, or where it was passed on; nobody else has any of it.
    function assertAll() external view {
        uint256 found = link.balanceOf(address(operator)) + link.balanceOf(address(hostile))
            + link.balanceOf(address(pool)) + link.balanceOf(sink) + link.balanceOf(alice);
        for (uint256 i; i < 3; ++i) {
            found += link.balanceOf(factory.earningsOf(wallets[i])) + link.balanceOf(address(feeds[wallets[i]]));
        }
        assertEq(found, given + 10_000_000 * LINK, "LINK is elsewhere");
        assertEq(link.balanceOf(address(this)), began - given, "LINK came back");
        assertLe(link.balanceOf(address(hostile)), gifts, "somebody gained");
    }
}

contract EarningsFlowTest is Test {
    EarningsHandler private handler;

    function setUp() public {
        handler = new EarningsHandler();
        handler.setUp();
        bytes4[] memory actions = new bytes4[](8);
        actions[0] = EarningsHandler.sendSome.selector;
        actions[1] = EarningsHandler.earn.selector;
        actions[2] = EarningsHandler.pushSome.selector;
        actions[3] = EarningsHandler.collectSome.selector;
        actions[4] = EarningsHandler.collectFeedOf.selector;
        actions[5] = EarningsHandler.takeSome.selector;
        actions[6] = EarningsHandler.meddle.selector;
        actions[7] = EarningsHandler.live.selector;
        targetSelector(FuzzSelector(address(handler), actions));
        targetContract(address(handler));
    }

    function invariant_link_leaves_only_to_the_pool_or_after_the_retirement_to_the_sink() public view {
        handler.assertAll();
    }
}
