//! The EIP-712 message by which a node's wallet agrees to be registered with one pool.

#![allow(missing_debug_implementations)]

use alloy::{
    primitives::{Address, B256, U256},
    sol_types::{SolStruct, eip712_domain},
};

alloy::sol! {
    /// See `contracts/libraries/NodeProof.sol`.
    #[derive(Debug)]
    struct NodeRegistration {
        address wallet;
        uint256 deadline;
    }
}

/// What the wallet signs: good for one chain, one pool, and until `deadline` (Unix seconds).
pub fn digest(chain_id: u64, pool: Address, wallet: Address, deadline: u64) -> B256 {
    let domain = eip712_domain! { name: "LinkPool StakingPool", version: "1", chain_id: chain_id, verifying_contract: pool, };
    NodeRegistration { wallet, deadline: U256::from(deadline) }.eip712_signing_hash(&domain)
}
