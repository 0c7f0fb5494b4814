//! Creation code with its constructor arguments: what a deployment transaction carries.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolConstructor,
};

use crate::{lens, link, pool, timelock};

/// The real LINK token, for chains that have none.
pub fn link_token() -> Vec<u8> {
    link::BYTECODE.to_vec()
}

/// The owner of the pool: `proposers` may schedule and cancel, anybody may execute after `delay_seconds`, nobody administers it.
pub fn timelock(delay_seconds: u64, proposers: Vec<Address>) -> Vec<u8> {
    let arguments = timelock::constructorCall {
        minDelay: U256::from(delay_seconds),
        proposers,
        executors: vec![Address::ZERO],
        admin: Address::ZERO,
    };
    with(&timelock::BYTECODE, &arguments.abi_encode())
}

pub fn pool(setup: pool::Setup) -> Vec<u8> {
    with(&pool::BYTECODE, &pool::constructorCall { setup }.abi_encode())
}

pub fn lens() -> Vec<u8> {
    lens::BYTECODE.to_vec()
}

fn with(code: &[u8], arguments: &[u8]) -> Vec<u8> {
    [code, arguments].concat()
}
