//! Reads of contract state, bound to one block.

use alloy::{primitives::Bytes, rpc::client::BatchRequest, sol_types::SolCall};
use linkpool_primitives::{Address, B256};
use serde_json::json;

use crate::{Chain, Error, Result};

/// Most calls in one batch.
const BATCH: usize = 100;

impl Chain {
    /// Calls a view at the newest block.
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        self.call_with(to, call, json!("latest")).await
    }

    /// Calls a view at one block by hash ([EIP-1898](https://eips.ethereum.org/EIPS/eip-1898)): fails if that block is gone.
    pub async fn call_at<C: SolCall>(&self, to: Address, call: &C, block_hash: B256) -> Result<C::Return> {
        self.call_with(to, call, json!({ "blockHash": block_hash, "requireCanonical": true })).await
    }

    /// What the contract would answer to `from`, without sending anything.
    ///
    /// # Errors
    /// [`Error::Reverted`] with the revert data if it would refuse.
    pub async fn simulate(&self, from: Address, to: Address, data: Vec<u8>) -> Result<Vec<u8>> {
        let transaction = json!({ "from": from, "to": to, "data": Bytes::from(data) });
        let answer: Bytes = self.request("eth_call", (transaction, "latest")).await?;
        Ok(answer.to_vec())
    }

    /// The same view for many arguments at one block by hash, in bounded batches, answered in order.
    pub async fn call_many_at<C: SolCall>(&self, to: Address, calls: &[C], block_hash: B256) -> Result<Vec<C::Return>> {
        let failed = |error| Error::classify(&self.name, error);
        let mut answers = Vec::with_capacity(calls.len());
        for part in calls.chunks(BATCH) {
            let mut batch = BatchRequest::new(&self.client);
            let mut waiting = Vec::with_capacity(part.len());
            for call in part {
                let transaction = json!({ "to": to, "data": Bytes::from(call.abi_encode()) });
                let block = json!({ "blockHash": block_hash, "requireCanonical": true });
                waiting.push(batch.add_call::<_, Bytes>("eth_call", &(transaction, block)).map_err(failed)?);
            }
            batch.send().await.map_err(failed)?;
            for answer in waiting {
                answers.push(self.decode::<C>(&answer.await.map_err(failed)?)?);
            }
        }
        Ok(answers)
    }

    async fn call_with<C: SolCall>(&self, to: Address, call: &C, block: serde_json::Value) -> Result<C::Return> {
        let transaction = json!({ "to": to, "data": Bytes::from(call.abi_encode()) });
        let answer: Bytes = self.request("eth_call", (transaction, block)).await?;
        self.decode::<C>(&answer)
    }

    fn decode<C: SolCall>(&self, answer: &Bytes) -> Result<C::Return> {
        C::abi_decode_returns(answer).map_err(|error| self.inconsistent(format!("an answer that does not decode: {error}")))
    }
}
