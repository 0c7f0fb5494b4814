// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title LINK as far as earnings use it (ERC-677)
/// @dev Its answers to the two that move LINK are left out: it reverts where it does not send.
interface ILink {
    function balanceOf(address account) external view returns (uint256);
    // slither-disable-next-line erc20-interface
    function transfer(address to, uint256 amount) external;
    function transferAndCall(address to, uint256 amount, bytes calldata data) external;
}

/// @title Chainlink's Operator, which holds what consumers pay for answers
interface IOperator {
    /// @notice What its owner may take: its LINK but for what requests that are not answered yet have paid.
    function withdrawable() external view returns (uint256);
    function withdraw(address to, uint256 amount) external;
    function ownerTransferAndCall(address to, uint256 amount, bytes calldata data) external returns (bool);
    function acceptOwnership() external;
    function transferOwnership(address to) external;
    function setAuthorizedSenders(address[] calldata senders) external;
}

/// @title A feed of the kind OCR, which owes each of its nodes' wallets for its reports and pays the wallet's payee
interface IFeed {
    function acceptPayeeship(address wallet) external;
    function transferPayeeship(address wallet, address proposed) external;
    function withdrawPayment(address wallet) external;
}
