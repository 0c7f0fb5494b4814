//! Making a contract without sending anything: what code comes out, and what gas it takes.

use alloy::primitives::{Bytes, U64};
use linkpool_primitives::Address;
use serde_json::{Map, Value, json};

use crate::{Chain, Result};

/// An account that the endpoint shall take for a contract with this code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pretended {
    pub address: Address,
    pub code: Bytes,
}

/// A contract to try to make.
#[derive(Debug, Clone, Copy)]
pub struct Creation<'a> {
    pub from: Address,
    /// The sender's nonce, which decides the address.
    pub nonce: u64,
    /// Creation code with the arguments of the constructor.
    pub code: &'a [u8],
    /// For constructors that call contracts which are not there yet.
    pub pretended: &'a [Pretended],
}

impl Chain {
    /// The code at an address; empty where there is no contract.
    pub async fn code(&self, account: Address) -> Result<Bytes> {
        self.request("eth_getCode", (account, "latest")).await
    }

    /// The code at an address after this block, which only endpoints with old states know.
    pub async fn code_at(&self, account: Address, block: u64) -> Result<Bytes> {
        self.request("eth_getCode", (account, format!("{block:#x}"))).await
    }

    /// The runtime code that `creation` would leave on the newest block.
    ///
    /// # Errors
    /// [`crate::Error::Reverted`] with the constructor's reason if it would revert.
    pub async fn try_creation(&self, creation: Creation<'_>) -> Result<Bytes> {
        self.request("eth_call", creation.parameters()).await
    }

    /// The gas that `creation` would take on the newest block.
    ///
    /// # Errors
    /// As [`Chain::try_creation`].
    pub async fn creation_gas(&self, creation: Creation<'_>) -> Result<u64> {
        self.request("eth_estimateGas", creation.parameters()).await.map(|gas: U64| gas.to())
    }
}

impl Creation<'_> {
    /// Transaction, block and, only where something is pretended, the state override that not every endpoint knows.
    fn parameters(&self) -> Vec<Value> {
        let mut parameters = vec![json!({ "from": self.from, "data": Bytes::copy_from_slice(self.code) }), json!("latest")];
        if !self.pretended.is_empty() {
            // The contracts before it took nonces too: without them this one would be made on top of the first.
            let sender = (format!("{:#x}", self.from), json!({ "nonce": format!("{:#x}", self.nonce) }));
            let overrides = self.pretended.iter().map(|it| (format!("{:#x}", it.address), json!({ "code": it.code })));
            parameters.push(Value::Object(overrides.chain([sender]).collect::<Map<_, _>>()));
        }
        parameters
    }
}
