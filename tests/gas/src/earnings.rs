//! What it costs to pass on what a node earns.

use alloy_primitives::Address;
use alloy_sol_types::{SolCall, SolConstructor, SolValue};
use anyhow::Result;

use crate::{
    chain::Receipt,
    contracts::{
        LINK,
        NodeEarnings::{collectCall, takeCall},
        NodeEarningsFactory::{self, createCall, earningsOfCall, pushCall},
        Operator,
    },
    world::World,
};

/// What a node has earned.
const EARNED: u128 = 70 * LINK;

/// The factory of the world's pool.
fn factory(w: &mut World) -> Result<(Address, Receipt)> {
    let code =
        [NodeEarningsFactory::BYTECODE.as_ref(), &NodeEarningsFactory::constructorCall { pool: w.pool }.abi_encode()].concat();
    w.chain.deploy(w.operator, code)
}

pub fn factory_deployment(w: &mut World) -> Result<Receipt> {
    Ok(factory(w)?.1)
}

/// The factory, and where the node's own contract is, or will be.
fn contract(w: &mut World) -> Result<(Address, Address)> {
    let (factory, _) = factory(w)?;
    // Asked of a copy: a question is no transaction of the row.
    let told = w.clone().chain.call(w.operator, factory, earningsOfCall { node: w.node }.abi_encode())?.output;
    Ok((factory, Address::abi_decode(&told)?))
}

fn push(w: &mut World, factory: Address) -> Result<Receipt> {
    w.chain.call(w.alice, factory, pushCall { node: w.node }.abi_encode())
}

/// LINK at the node's own contract, which is made by it.
pub fn push_first_use(w: &mut World) -> Result<Receipt> {
    let (factory, contract) = contract(w)?;
    w.give(w.operator, contract, EARNED)?;
    push(w, factory)
}

/// The same, once the contract is there and has held LINK before.
pub fn push_again(w: &mut World) -> Result<Receipt> {
    let (factory, contract) = contract(w)?;
    w.give(w.operator, contract, EARNED)?;
    push(w, factory)?;
    w.give(w.operator, contract, EARNED)?;
    push(w, factory)
}

/// A node's own contract, and an Operator of its.
fn operator(w: &mut World) -> Result<(Address, Address, Receipt)> {
    let (factory, contract) = contract(w)?;
    w.chain.call(w.alice, factory, createCall { node: w.node }.abi_encode())?;
    let arguments = Operator::constructorCall { link: w.link, owner: contract }.abi_encode();
    let (operator, made) = w.chain.deploy(w.alice, [Operator::BYTECODE.as_ref(), &arguments].concat())?;
    Ok((contract, operator, made))
}

pub fn operator_create(w: &mut World) -> Result<Receipt> {
    Ok(operator(w)?.2)
}

pub fn take(w: &mut World) -> Result<Receipt> {
    let (contract, operator, _) = operator(w)?;
    w.chain.call(w.alice, contract, takeCall { operator }.abi_encode())
}

/// What an Operator has to withdraw; it keeps a word of LINK's, because others have paid and wait.
pub fn collect(w: &mut World) -> Result<Receipt> {
    let (contract, operator, _) = operator(w)?;
    w.chain.call(w.alice, contract, takeCall { operator }.abi_encode())?;
    for _ in 0..2 {
        w.give(w.operator, operator, EARNED)?;
    }
    w.chain.call(w.alice, contract, collectCall { operator }.abi_encode())
}
