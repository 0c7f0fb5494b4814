// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IStakingPool} from "./interfaces/IStakingPool.sol";
import {Bounds} from "./libraries/Bounds.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

interface ITimelock {
    function getMinDelay() external view returns (uint256);
}

/// @title Who may do what, and the settings they may change
/// @notice The owner, a timelock, gives every other role. No role can move stake or stop anybody from leaving.
abstract contract Authority is IStakingPool {
    uint8 internal constant REGISTRAR = 1;
    uint8 internal constant GUARDIAN = 2;
    uint8 internal constant SLASHER = 4;
    uint8 internal constant REPORTER = 8;
    uint8 private constant ALL_ROLES = REGISTRAR | GUARDIAN | SLASHER | REPORTER;

    IERC20 internal immutable LINK;

    address public owner;
    address public pendingOwner;
    uint40 public offerEndsAt;
    mapping(address account => uint8) public rolesOf;

    Pool internal _pool;
    Registry internal _registry;

    modifier onlyOwner() {
        if (msg.sender != owner) revert OnlyOwner(msg.sender);
        _;
    }

    modifier onlyRole(uint8 roles) {
        _requireRole(roles);
        _;
    }

    /// The deployer owns the pool inside the constructor only, so that the start goes through the same setters, and
    /// leaves the same events, as every later change.
    constructor(address link) {
        if (link.code.length == 0) revert InvalidAddress(link);
        LINK = IERC20(link);
        owner = msg.sender;
    }

    function setRoles(address account, uint8 roles) public onlyOwner {
        _requireWithin(roles, 0, ALL_ROLES);
        _setRoles(account, roles);
    }

    function revokeRoles(address account, uint8 roles) external onlyRole(GUARDIAN) {
        if (roles & GUARDIAN != 0) revert OnlyOwner(msg.sender);
        _setRoles(account, rolesOf[account] & ~roles);
    }

    function transferOwnership(address newOwner) external onlyOwner {
        _requireUsable(newOwner);
        uint40 endsAt = uint40(block.timestamp) + Bounds.OFFER;
        (pendingOwner, offerEndsAt) = (newOwner, endsAt);
        emit OwnershipTransferStarted(owner, newOwner, endsAt);
    }

    function acceptOwnership() external {
        if (msg.sender != pendingOwner) revert OnlyOwner(msg.sender);
        if (block.timestamp >= offerEndsAt) revert OfferLapsed(offerEndsAt);
        _requireSlow(msg.sender);
        emit OwnershipTransferred(owner, msg.sender);
        (owner, pendingOwner, offerEndsAt) = (msg.sender, address(0), 0);
    }

    function pause(uint40 until) external onlyRole(GUARDIAN) {
        _requireWithin(until, 0, block.timestamp + Bounds.MAX_PAUSE);
        emit Paused(msg.sender, _pool.pausedUntil, until);
        _pool.pausedUntil = until;
    }

    function setFee(uint16 feeBps) public {
        uint16 highest = Bounds.MAX_FEE_BPS;
        if (msg.sender != owner) {
            if (msg.sender != _pool.feeRecipient) revert OnlyOwner(msg.sender);
            highest = _pool.feeBps;
        }
        _requireWithin(feeBps, 0, highest);
        emit FeeChanged(_pool.feeBps, feeBps);
        _pool.feeBps = feeBps;
    }

    function setFeeRecipient(address feeRecipient) public onlyOwner {
        _requireUsable(feeRecipient);
        emit FeeRecipientChanged(_pool.feeRecipient, feeRecipient);
        _pool.feeRecipient = feeRecipient;
    }

    function setDefaultCap(uint32 capLink) public onlyOwner {
        emit DefaultCapChanged(_registry.defaultCapLink, capLink);
        _registry.defaultCapLink = capLink;
    }

    function setCeiling(uint32 ceiling) public onlyOwner {
        emit CeilingChanged(_registry.ceiling, ceiling);
        _registry.ceiling = ceiling;
    }

    function setProofless(bool allowed) public onlyOwner {
        emit ProoflessChanged(_registry.prooflessAllowed, allowed);
        _registry.prooflessAllowed = allowed;
    }

    function reportNetwork(uint32 size) external onlyRole(REPORTER) {
        _report(size);
    }

    /// The last step of the constructor.
    function _handOver(address timelock) internal {
        _requireUsable(timelock);
        _requireSlow(timelock);
        owner = timelock;
        emit OwnershipTransferred(address(0), timelock);
    }

    function _report(uint32 size) internal {
        uint40 time = uint40(block.timestamp);
        emit NetworkReported(msg.sender, _registry.reported, size, time);
        (_registry.reported, _registry.reportedAt) = (size, time);
    }

    function _requireNotPaused() internal view {
        uint40 until = _pool.pausedUntil;
        if (block.timestamp < until) revert InflowsPaused(until);
    }

    function _requireRole(uint8 roles) internal view {
        if (rolesOf[msg.sender] & roles == 0) revert MissingRole(msg.sender, roles);
    }

    function _requireUsable(address account) internal view {
        if (account == address(0) || account == address(LINK) || account == address(this)) {
            revert InvalidAddress(account);
        }
    }

    function _requireWithin(uint256 value, uint256 minimum, uint256 maximum) internal pure {
        if (value < minimum || value > maximum) revert OutOfBounds(value, minimum, maximum);
    }

    /// The delay is what lets a holder leave before a change of terms.
    function _requireSlow(address timelock) private view {
        uint256 delay = ITimelock(timelock).getMinDelay();
        if (delay < Bounds.UNBONDING) revert DelayTooShort(delay, Bounds.UNBONDING);
    }

    function _setRoles(address account, uint8 roles) private {
        _requireUsable(account);
        emit RolesChanged(account, rolesOf[account], roles);
        rolesOf[account] = roles;
    }
}
