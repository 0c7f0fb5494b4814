// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingPool} from "./interfaces/IStakingPool.sol";
import {IFeed, ILink, IOperator} from "./interfaces/ISources.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

/// @title NodeEarnings
/// @notice Passes on what one node earns, to those who stake on it. Anybody may call anything here; nobody can make
/// its LINK go elsewhere than to the pool, as a reward of this node, or once the node has retired to the pool's sink.
/// @dev Clones of this, one for each wallet, hold no state: the wallet stands in the clone's code. An operator, feed or
/// pool that calls back finds nothing half done, and a source that lies wastes the gas of who named it. There is no way
/// out for ether or other tokens, which have no business here: what is sent of those is lost.
contract NodeEarnings {
    IStakingPool public immutable POOL;
    ILink public immutable LINK;
    address public immutable SINK;
    address private immutable SELF = address(this);

    /// @notice This is the code that the clones share, and no node's.
    error NotAClone();
    /// @notice The pool does not know the node `node`, or it has retired.
    error NodeNotLive(address node);
    /// @notice The node `node` has not retired, or somebody has shares of it still.
    error NodeNotLeft(address node);

    constructor(IStakingPool pool) {
        IStakingPool.Terms memory terms = pool.terms();
        (POOL, LINK, SINK) = (pool, ILink(terms.link), terms.sink);
    }

    /// @notice The node's wallet.
    function node() public view returns (address) {
        if (address(this) == SELF) revert NotAClone();
        return address(bytes20(Clones.fetchCloneArgs(address(this))));
    }

    /// @notice Passes on the LINK that is here. Does nothing where there is none, or while the pool does not know the
    /// node.
    /// @return amount what was passed on
    function push() public returns (uint256 amount) {
        (address wallet, IStakingPool.Status status) = _standing();
        amount = LINK.balanceOf(address(this));
        if (amount == 0 || status == IStakingPool.Status.None) return 0;
        // LINK reverts where it does not send, and so does the pool where it does not take.
        if (status == IStakingPool.Status.Retired) LINK.transfer(SINK, amount);
        else LINK.transferAndCall(address(POOL), amount, _reward(wallet, amount));
    }

    /// @notice Passes on what an Operator of this contract has to withdraw, without a stop here. Does nothing where
    /// there is nothing, or while the pool does not know the node.
    /// @return amount what the Operator said it has
    function collect(address operator) public returns (uint256 amount) {
        (address wallet, IStakingPool.Status status) = _standing();
        amount = IOperator(operator).withdrawable();
        if (amount == 0 || status == IStakingPool.Status.None) return 0;
        if (status == IStakingPool.Status.Retired) IOperator(operator).withdraw(SINK, amount);
        else IOperator(operator).ownerTransferAndCall(address(POOL), amount, _reward(wallet, amount));
    }

    /// @notice Accepts the Operator if it is offered, and makes the node's wallet the only one that may answer there.
    /// To be repeated when the wallet has let another in.
    function take(address operator) external {
        (address wallet, IStakingPool.Status status) = _standing();
        if (status != IStakingPool.Status.Active && status != IStakingPool.Status.Closed) revert NodeNotLive(wallet);
        // It is this contract's already, or is not, which the next call tells.
        try IOperator(operator).acceptOwnership() {} catch {}
        address[] memory senders = new address[](1);
        senders[0] = wallet;
        IOperator(operator).setAuthorizedSenders(senders);
    }

    /// @notice Becomes the payee of the node's wallet at a feed if that is offered, and passes on what the feed owes it.
    function collectFeed(address feed) public returns (uint256 amount) {
        address wallet = node();
        // It is the payee already, or is not, which the next call tells.
        try IFeed(feed).acceptPayeeship(wallet) {} catch {}
        IFeed(feed).withdrawPayment(wallet);
        return push();
    }

    /// @notice Once the node has retired and its last share has left: sends what waits to the sink, and offers the
    /// Operator to the pool's owner, who gets what its requests pay later.
    function release(address operator) external {
        address heir = _heir();
        collect(operator);
        IOperator(operator).transferOwnership(heir);
    }

    /// @notice The same for a feed: the pool's owner is proposed as payee of the node's wallet.
    function releaseFeed(address feed) external {
        address heir = _heir();
        collectFeed(feed);
        IFeed(feed).transferPayeeship(node(), heir);
    }

    function _heir() private view returns (address) {
        address wallet = node();
        IStakingPool.Node memory n = POOL.nodeOf(wallet);
        if (n.status != IStakingPool.Status.Retired || n.totalShares != 0) revert NodeNotLeft(wallet);
        return POOL.owner();
    }

    function _standing() private view returns (address wallet, IStakingPool.Status status) {
        wallet = node();
        status = POOL.nodeOf(wallet).status;
    }

    /// @dev LINK's supply fits 96 bits; an Operator that says it has more sends what it likes anyhow.
    function _reward(address wallet, uint256 amount) private pure returns (bytes memory) {
        return abi.encodePacked("RWRD", wallet, uint96(amount));
    }
}

/// @title NodeEarningsFactory
/// @notice Makes the contract of any wallet, at an address that is known beforehand. It has no owner.
contract NodeEarningsFactory {
    address public immutable IMPLEMENTATION;

    event EarningsCreated(address indexed node, address earnings);

    constructor(IStakingPool pool) {
        IMPLEMENTATION = address(new NodeEarnings(pool));
    }

    /// @notice Where the contract of this wallet is, or will be. LINK sent there for a wallet that never becomes a node
    /// of the pool is lost.
    function earningsOf(address node) public view returns (address) {
        return Clones.predictDeterministicAddressWithImmutableArgs(IMPLEMENTATION, abi.encodePacked(node), 0);
    }

    /// @notice Makes it if it is not there.
    function create(address node) public returns (NodeEarnings earnings) {
        earnings = NodeEarnings(earningsOf(node));
        if (address(earnings).code.length != 0) return earnings;
        Clones.cloneDeterministicWithImmutableArgs(IMPLEMENTATION, abi.encodePacked(node), 0);
        emit EarningsCreated(node, address(earnings));
    }

    /// @notice Makes it if it is not there, and passes on the LINK that waits.
    function push(address node) external returns (uint256 amount) {
        return create(node).push();
    }
}
