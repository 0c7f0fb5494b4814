//! Reads of contract state, bound to one block.

use alloy::{
    primitives::Bytes,
    sol_types::SolCall,
};
use linkpool_primitives::{Address, B256};
use serde_json::json;

use crate::{Chain, Result};

impl Chain {
    /// Calls a view at the newest block.
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        self.call_with(to, call, json!("latest")).await
    }

    /// Calls a view at one block by hash ([EIP-1898](https://eips.ethereum.org/EIPS/eip-1898)): fails if that block is gone.
    pub async fn call_at<C: SolCall>(&self, to: Address, call: &C, block_hash: B256) -> Result<C::Return> {
        self.call_with(to, call, json!({ "blockHash": block_hash, "requireCanonical": true })).await
    }

    async fn call_with<C: SolCall>(&self, to: Address, call: &C, block: serde_json::Value) -> Result<C::Return> {
        let transaction = json!({ "to": to, "data": Bytes::from(call.abi_encode()) });
        let answer: Bytes = self.request("eth_call", (transaction, block)).await?;
        C::abi_decode_returns(&answer).map_err(|error| self.inconsistent(format!("an answer that does not decode: {error}")))
    }
}
