//! Creation code with its constructor arguments: what a deployment transaction carries.

use alloy::{
    primitives::{Address, U256},
    sol_types::SolConstructor,
};

use crate::{consumer, earnings, earnings_factory, lens, link, operator, pool, timelock};

/// The real LINK token, for chains that have none.
pub fn link_token() -> Vec<u8> {
    link::BYTECODE.to_vec()
}

/// The owner of the pool: `proposers` may schedule and cancel; after `delay_seconds` the `executors` may execute, and where there
/// are none, anybody. Nobody administers it but itself.
pub fn timelock(delay_seconds: u64, proposers: Vec<Address>, executors: Vec<Address>) -> Vec<u8> {
    with(&timelock::BYTECODE, &timelock_arguments(delay_seconds, proposers, executors))
}

/// The encoded arguments of the timelock's constructor.
pub fn timelock_arguments(delay_seconds: u64, proposers: Vec<Address>, executors: Vec<Address>) -> Vec<u8> {
    let executors = if executors.is_empty() { vec![Address::ZERO] } else { executors };
    let min_delay = U256::from(delay_seconds);
    timelock::constructorCall { minDelay: min_delay, proposers, executors, admin: Address::ZERO }.abi_encode()
}

pub fn pool(setup: pool::Setup) -> Vec<u8> {
    with(&pool::BYTECODE, &pool_arguments(setup))
}

/// The encoded arguments of the pool's constructor.
pub fn pool_arguments(setup: pool::Setup) -> Vec<u8> {
    pool::constructorCall { setup }.abi_encode()
}

pub fn lens() -> Vec<u8> {
    lens::BYTECODE.to_vec()
}

/// What makes each node's own contract, and with its constructor the code that these share.
pub fn earnings_factory(pool: Address) -> Vec<u8> {
    with(&earnings_factory::BYTECODE, &earnings_factory_arguments(pool))
}

/// The encoded arguments of the factory's constructor.
pub fn earnings_factory_arguments(pool: Address) -> Vec<u8> {
    earnings_factory::constructorCall { pool }.abi_encode()
}

/// The encoded arguments of the constructor of the code that clones share.
pub fn earnings_arguments(pool: Address) -> Vec<u8> {
    earnings::constructorCall { pool }.abi_encode()
}

/// An Operator that takes requests in `link`; its `owner` names who may answer, and withdraws what was paid.
pub fn operator(link: Address, owner: Address) -> Vec<u8> {
    with(&operator::BYTECODE, &operator::constructorCall { link, owner }.abi_encode())
}

/// Who asks for numbers, for development chains.
pub fn consumer(link: Address) -> Vec<u8> {
    with(&consumer::BYTECODE, &consumer::constructorCall { link }.abi_encode())
}

fn with(code: &[u8], arguments: &[u8]) -> Vec<u8> {
    [code, arguments].concat()
}
