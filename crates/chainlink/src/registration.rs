//! What a node's wallet signs so that a registrar may register it.

use alloy::{
    primitives::{Address, B256, Signature, U256},
    sol,
    sol_types::{SolStruct, eip712_domain},
};

/// The EIP-712 domain's `name`, as contracts/libraries/NodeProof.sol has it.
const DOMAIN_NAME: &str = "LinkPool StakingPool";

/// The EIP-712 domain's `version`, from the same place.
const DOMAIN_VERSION: &str = "1";

sol! {
    /// The struct of that library's type string; its name and its fields' names, types and order are part of the hash.
    struct NodeRegistration {
        address wallet;
        uint256 deadline;
    }
}

/// A node wallet's consent to be registered: one pool, on one chain, until one moment (EIP-712).
///
/// The contract refuses a wallet that was ever registered, so the consent needs no nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// EIP-155 id of the chain the pool is on.
    pub chain_id: u64,
    /// The StakingPool contract.
    pub pool: Address,
    /// The node's wallet: the address that must have signed.
    pub wallet: Address,
    /// Unix time in seconds after which the contract refuses the signature.
    pub deadline: u64,
}

impl Registration {
    /// The 32 bytes to sign: `keccak256(0x1901 ‖ domain separator ‖ struct hash)`.
    pub fn digest(&self) -> B256 {
        let domain = eip712_domain! {
            name: DOMAIN_NAME,
            version: DOMAIN_VERSION,
            chain_id: self.chain_id,
            verifying_contract: self.pool,
        };
        let message = NodeRegistration { wallet: self.wallet, deadline: U256::from(self.deadline) };
        message.eip712_signing_hash(&domain)
    }

    /// Whether `signature` is this wallet's, in the only form the contract takes (low `s`, ERC-2).
    pub fn is_signed_by_wallet(&self, signature: &Signature) -> bool {
        signature.normalize_s().is_none()
            && signature.recover_address_from_prehash(&self.digest()).is_ok_and(|signer| signer == self.wallet)
    }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{address, keccak256},
        signers::{SignerSync, local::PrivateKeySigner},
        sol_types::SolValue,
    };

    use super::*;

    fn registration() -> Registration {
        Registration {
            chain_id: 31_337,
            pool: address!("0x5FbDB2315678afecb367f032d93F642f64180aa3"),
            wallet: address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
            deadline: 1_900_000_000,
        }
    }

    /// The digest written out by the rules of EIP-712, from the type strings as text, so that a slip in the macros'
    /// input shows.
    #[test]
    fn the_digest_is_the_one_of_the_contracts_type_strings() {
        let it = registration();
        let domain_type = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
        let separator = keccak256(
            (keccak256(domain_type), keccak256("LinkPool StakingPool"), keccak256("1"), U256::from(it.chain_id), it.pool)
                .abi_encode(),
        );
        let message = keccak256(
            (keccak256("NodeRegistration(address wallet,uint256 deadline)"), it.wallet, U256::from(it.deadline)).abi_encode(),
        );
        let digest = keccak256([&[0x19, 0x01], separator.as_slice(), message.as_slice()].concat());
        assert_eq!(it.digest(), digest);
    }

    /// A change on one side only would make every registration fail, so it fails here first.
    #[test]
    fn the_contracts_source_has_the_same_texts() {
        let source = include_str!("../../../contracts/libraries/NodeProof.sol");
        for text in [
            format!("NAME = \"{DOMAIN_NAME}\""),
            format!("VERSION = \"{DOMAIN_VERSION}\""),
            format!("keccak256(\"{}\")", NodeRegistration::eip712_root_type()),
        ] {
            assert!(source.contains(&text), "{text} is not in NodeProof.sol");
        }
    }

    #[test]
    fn only_the_wallets_own_low_s_signature_over_exactly_these_fields_counts() -> Result<(), Box<dyn std::error::Error>> {
        let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(7))?;
        let it = Registration { wallet: signer.address(), ..registration() };
        let signature = signer.sign_hash_sync(&it.digest())?;
        assert!(it.is_signed_by_wallet(&signature));

        let order = U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)?;
        let high_s = Signature::new(signature.r(), order - signature.s(), !signature.v());
        assert!(!it.is_signed_by_wallet(&high_s));
        for changed in [
            Registration { chain_id: 1, ..it },
            Registration { pool: Address::ZERO, ..it },
            Registration { deadline: it.deadline + 1, ..it },
            Registration { wallet: Address::ZERO, ..it },
        ] {
            assert!(!changed.is_signed_by_wallet(&signature), "{changed:?}");
        }
        Ok(())
    }
}
