// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IStakingPool} from "../../contracts/interfaces/IStakingPool.sol";
import {Fixture, ILinkToken} from "./Fixture.sol";

interface IEarnings {
    error NotAClone();
    error NodeNotLive(address node);
    error NodeNotLeft(address node);

    function node() external view returns (address);
    function push() external returns (uint256);
    function collect(address operator) external returns (uint256);
    function take(address operator) external;
    function collectFeed(address feed) external returns (uint256);
    function release(address operator) external;
    function releaseFeed(address feed) external;
}

interface IEarningsFactory {
    function IMPLEMENTATION() external view returns (address);
    function earningsOf(address node) external view returns (address);
    function create(address node) external returns (IEarnings);
    function push(address node) external returns (uint256);
}

/// Chainlink's Operator 1.5.0, as far as the tests use it.
interface IOperatorOfChainlink {
    function owner() external view returns (address);
    function transferOwnership(address to) external;
    function acceptOwnership() external;
    function setAuthorizedSenders(address[] calldata senders) external;
    function getAuthorizedSenders() external view returns (address[] memory);
    function withdrawable() external view returns (uint256);
}

/// Payees as an OCR aggregator has them (its withdrawPayment, transferPayeeship and acceptPayeeship). It owes what the test says, where a
/// real one counts observations, gas and the node's reports.
contract FeedStandIn {
    ILinkToken private immutable LINK;
    mapping(address wallet => address) public payee;
    mapping(address wallet => address) public proposed;
    mapping(address wallet => uint256) public owed;

    constructor(ILinkToken link, address wallet) {
        LINK = link;
        payee[wallet] = msg.sender;
    }

    function owe(address wallet, uint256 amount) external {
        owed[wallet] += amount;
    }

    function transferPayeeship(address wallet, address to) external {
        require(msg.sender == payee[wallet], "only current payee can update");
        require(msg.sender != to, "cannot transfer to self");
        proposed[wallet] = to;
    }

    function acceptPayeeship(address wallet) external {
        require(msg.sender == proposed[wallet], "only proposed payees can accept");
        (payee[wallet], proposed[wallet]) = (msg.sender, address(0));
    }

    function withdrawPayment(address wallet) external {
        require(msg.sender == payee[wallet], "Only payee can withdraw");
        uint256 amount = owed[wallet];
        owed[wallet] = 0;
        if (amount != 0) LINK.transfer(payee[wallet], amount);
    }
}

/// A pool with the factory of its nodes' earnings, and Chainlink's own Operator.
abstract contract EarningsFixture is Fixture {
    IEarningsFactory internal factory;
    IEarnings internal earnings;
    IOperatorOfChainlink internal operator;

    function setUp() public virtual override {
        super.setUp();
        factory = newFactory(pool);
        earnings = factory.create(node);
        operator = IOperatorOfChainlink(vm.deployCode("abi/Operator.json", abi.encode(address(link), address(this))));
    }

    /// As shipped, or the broken variant that `EARNINGS_ARTIFACT` names.
    function newFactory(IStakingPool ours) internal returns (IEarningsFactory) {
        string memory artifact = vm.envOr("EARNINGS_ARTIFACT", string("NodeEarnings.sol:NodeEarningsFactory"));
        return IEarningsFactory(vm.deployCode(artifact, abi.encode(ours)));
    }

    /// A feed of this wallet's, whose payee is offered to the node's earnings.
    function newFeed(address wallet) internal returns (FeedStandIn feed) {
        feed = new FeedStandIn(link, wallet);
        feed.transferPayeeship(wallet, address(earnings));
    }

    /// Somebody pays the operator for an answer.
    function request(uint256 payment) internal {
        bytes memory call = abi.encodeWithSignature(
            "operatorRequest(address,uint256,bytes32,bytes4,uint256,uint256,bytes)",
            address(this),
            payment,
            bytes32("job"),
            bytes4("call"),
            1,
            2,
            bytes("")
        );
        link.transferAndCall(address(operator), payment, call);
    }
}
