//! The contracts as committed in `abi/`, and what is sent to them.

#![allow(missing_debug_implementations, clippy::too_many_arguments)]

use alloy_primitives::{Address, U256, keccak256};
use alloy_sol_types::{SolStruct, eip712_domain, sol};
use anyhow::{Context as _, Result};
use k256::ecdsa::SigningKey;

use crate::chain::CHAIN_ID;

sol!(StakingPool, "../../abi/StakingPool.json");
sol!(LinkToken, "../../abi/LinkToken.json");
sol!(TimelockController, "../../abi/TimelockController.json");
sol!(NodeEarnings, "../../abi/NodeEarnings.json");
sol!(NodeEarningsFactory, "../../abi/NodeEarningsFactory.json");
sol!(Operator, "../../abi/Operator.json");

sol! {
    struct NodeRegistration {
        address wallet;
        uint256 deadline;
    }
}

/// One LINK in juels.
pub const LINK: u128 = 1_000_000_000_000_000_000;

/// A wallet that everybody may know the key of, because it is the hash of a name.
#[derive(Clone, Debug)]
pub struct Wallet {
    key: SigningKey,
    pub address: Address,
}

impl Wallet {
    pub fn named(name: impl AsRef<[u8]>) -> Result<Self> {
        let key = SigningKey::from_slice(keccak256(name).as_slice()).context("a hash that is no key")?;
        let address = Address::from_public_key(key.verifying_key());
        Ok(Self { key, address })
    }

    /// The signature by which this wallet agrees to be a node of `pool` until `deadline`.
    pub fn agree(&self, pool: Address, deadline: u64) -> Result<Vec<u8>> {
        let domain = eip712_domain! { name: "LinkPool StakingPool", version: "1", chain_id: CHAIN_ID, verifying_contract: pool, };
        let message = NodeRegistration { wallet: self.address, deadline: U256::from(deadline) };
        let digest = message.eip712_signing_hash(&domain);
        let (signature, parity) = self.key.sign_prehash_recoverable(digest.as_slice())?;
        Ok([signature.to_vec(), vec![27 + parity.to_byte()]].concat())
    }
}

/// The data of a transfer that stakes each amount on its node.
pub fn stakes(parts: &[(Address, u128)]) -> Vec<u8> {
    let word = |(node, amount): &(Address, u128)| {
        let node: U256 = U256::from_be_slice(node.as_slice()) << 96;
        (node | U256::from(*amount)).to_be_bytes::<32>()
    };
    parts.iter().map(word).collect::<Vec<_>>().concat()
}

/// The data of a transfer that rewards each node with its amount.
pub fn rewards(parts: &[(Address, u128)]) -> Vec<u8> {
    [b"RWRD".as_slice(), &stakes(parts)].concat()
}
