// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IStakingPool} from "./interfaces/IStakingPool.sol";
import {Bounds} from "./libraries/Bounds.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

interface ITimelock {
    function getMinDelay() external view returns (uint256);
}

/// @title Who may do what
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
    mapping(address account => uint8) public rolesOf;

    modifier onlyOwner() {
        if (msg.sender != owner) revert OnlyOwner(msg.sender);
        _;
    }

    modifier onlyRole(uint8 roles) {
        if (!_hasRole(roles)) revert MissingRole(msg.sender, roles);
        _;
    }

    /// The deployer owns the pool inside the constructor only, so that the start goes through the same setters, and
    /// leaves the same events, as every later change.
    constructor(address link) {
        LINK = IERC20(link);
        _requireUsable(link);
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
        pendingOwner = newOwner;
        emit OwnershipTransferStarted(owner, newOwner);
    }

    function acceptOwnership() external {
        if (msg.sender != pendingOwner) revert OnlyOwner(msg.sender);
        emit OwnershipTransferred(owner, msg.sender);
        (owner, pendingOwner) = (msg.sender, address(0));
    }

    /// The last step of the constructor. The delay is what lets a holder leave before a change of terms.
    function _handOver(address timelock) internal {
        _requireUsable(timelock);
        uint256 delay = ITimelock(timelock).getMinDelay();
        if (delay < Bounds.UNBONDING) revert DelayTooShort(delay, Bounds.UNBONDING);
        owner = timelock;
        emit OwnershipTransferred(address(0), timelock);
    }

    function _hasRole(uint8 roles) internal view returns (bool) {
        return rolesOf[msg.sender] & roles != 0;
    }

    function _requireUsable(address account) internal view {
        if (account == address(0) || account == address(LINK) || account == address(this)) {
            revert InvalidAddress(account);
        }
    }

    function _requireWithin(uint256 value, uint256 minimum, uint256 maximum) internal pure {
        if (value < minimum || value > maximum) revert OutOfBounds(value, minimum, maximum);
    }

    function _setRoles(address account, uint8 roles) private {
        _requireUsable(account);
        emit RolesChanged(account, rolesOf[account], roles);
        rolesOf[account] = roles;
    }
}
