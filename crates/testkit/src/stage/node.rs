//! A node registered by hand, with a wallet that agrees: for stories in which the fleet plays no part.

use alloy::{
    primitives::U256,
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::SolCall,
};
use linkpool_chain::Chain;
use linkpool_contracts::{pool, proof};
use linkpool_primitives::Address;

use super::{Contracts, People};
use crate::{Error, Result};

const HOUR: u64 = 3_600;

/// Registers a brand-new wallet and returns it.
pub async fn register_node(chain: &Chain, contracts: &Contracts, people: &People) -> Result<Address> {
    let wallet = PrivateKeySigner::random();
    // Chain time: a test may have moved it far ahead of the clock.
    let deadline = chain.heads().await?.head.timestamp + HOUR;
    let digest = proof::digest(chain.chain_id(), contracts.pool, wallet.address(), deadline);
    let signature =
        wallet.sign_hash_sync(&digest).map_err(|error| Error::Data { message: format!("signing for a new node: {error}") })?;
    let call = pool::registerNodeCall {
        wallet: wallet.address(),
        deadline: U256::from(deadline),
        proof: signature.as_bytes().to_vec().into(),
    };
    chain.send_now(people.registrar, Some(contracts.pool), call.abi_encode()).await?;
    Ok(wallet.address())
}
