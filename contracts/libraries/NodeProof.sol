// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title Proof that a node's wallet wants to be registered with this pool
/// @notice An EIP-712 signature by the wallet. Chain and pool are in the domain, so it is good for one pool only; a
/// wallet is registered once, so it needs no nonce.
library NodeProof {
    string internal constant NAME = "LinkPool StakingPool";
    string internal constant VERSION = "1";

    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant REGISTRATION = keccak256("NodeRegistration(address wallet,uint256 deadline)");

    /// @notice Who signed, or zero for a malformed or malleable signature.
    function signer(address wallet, uint256 deadline, bytes calldata signature) internal view returns (address who) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN, keccak256(bytes(NAME)), keccak256(bytes(VERSION)), block.chainid, address(this))
        );
        bytes32 message = keccak256(abi.encode(REGISTRATION, wallet, deadline));
        (who,,) = ECDSA.tryRecoverCalldata(MessageHashUtils.toTypedDataHash(domain, message), signature);
    }
}
