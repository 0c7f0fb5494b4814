//! `NodeEarningsFactory`: makes each node's own contract, at an address that is known before. From `abi/NodeEarningsFactory.json`.

#![allow(missing_debug_implementations)]

use alloy::primitives::{Address, B256, keccak256};

alloy::sol!(
    #[sol(all_derives)]
    NodeEarningsFactory,
    "../../abi/NodeEarningsFactory.json"
);

pub use NodeEarningsFactory::*;

/// The nonce of the code that clones share among the contracts that the factory makes: its constructor makes it first.
const IMPLEMENTATION_NONCE: u64 = 1;

/// Where the code that the clones of a factory share is.
pub fn implementation(factory: Address) -> Address {
    factory.create(IMPLEMENTATION_NONCE)
}

/// Where the contract of the node with this wallet is, or will be.
pub fn earnings_of(factory: Address, wallet: Address) -> Address {
    factory.create2(B256::ZERO, keccak256(clone_creation(implementation(factory), wallet)))
}

/// The runtime code of the contract of the node with this wallet.
pub fn clone_code(factory: Address, wallet: Address) -> Vec<u8> {
    clone_runtime(implementation(factory), wallet)
}

/// A minimal proxy (ERC-1167) with the wallet behind its code, as OpenZeppelin's `Clones` makes it.
fn clone_creation(implementation: Address, wallet: Address) -> Vec<u8> {
    let runtime = clone_runtime(implementation, wallet);
    // PUSH2 length, RETURNDATASIZE, DUP2, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURN.
    let length = u16::try_from(runtime.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[0x61], length.as_slice(), &[0x3d, 0x81, 0x60, 0x0a, 0x3d, 0x39, 0xf3], &runtime].concat()
}

fn clone_runtime(implementation: Address, wallet: Address) -> Vec<u8> {
    const BEFORE: [u8; 10] = [0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73];
    const AFTER: [u8; 15] = [0x5a, 0xf4, 0x3d, 0x82, 0x80, 0x3e, 0x90, 0x3d, 0x91, 0x60, 0x2b, 0x57, 0xfd, 0x5b, 0xf3];
    [&BEFORE, implementation.as_slice(), &AFTER, wallet.as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_is_a_minimal_proxy_with_the_wallet_behind_it() {
        let (factory, wallet) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let code = clone_code(factory, wallet);
        assert_eq!(code.len(), 45 + 20);
        assert!(code.ends_with(wallet.as_slice()) && code[10..30] == *implementation(factory).as_slice());
        assert_ne!(earnings_of(factory, wallet), earnings_of(wallet, factory));
    }
}
