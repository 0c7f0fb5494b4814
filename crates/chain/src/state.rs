//! Reads of contract state, bound to one block.

use alloy::{primitives::Bytes, sol_types::SolCall};
use linkpool_primitives::{Address, B256, checksum};
use serde_json::{Value, json};

use crate::{Chain, Error, Result, call::Call, peer::Peer};

/// Most calls in one batch.
const BATCH: usize = 100;

impl Chain {
    /// Calls a view at the newest block.
    pub async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        self.call_with(to, call, json!("latest")).await
    }

    /// Calls a view at one block by hash ([EIP-1898](https://eips.ethereum.org/EIPS/eip-1898)): fails if that block is gone.
    pub async fn call_at<C: SolCall>(&self, to: Address, call: &C, block_hash: B256) -> Result<C::Return> {
        self.call_with(to, call, canonical(block_hash)).await
    }

    /// What the contract would answer to `from`, without sending anything.
    ///
    /// # Errors
    /// [`Error::Reverted`](crate::Error::Reverted) with the revert data if it would refuse.
    pub async fn simulate(&self, from: Address, to: Address, data: Vec<u8>) -> Result<Vec<u8>> {
        let transaction = json!({ "from": from, "to": to, "data": Bytes::from(data) });
        let answer: Bytes = self.request("eth_call", (transaction, "latest")).await?;
        Ok(answer.to_vec())
    }

    /// The same view for many arguments at one block by hash, in bounded batches, answered in order.
    pub async fn call_many_at<C: SolCall>(&self, to: Address, calls: &[C], block_hash: B256) -> Result<Vec<C::Return>> {
        let mut answers = Vec::with_capacity(calls.len());
        for part in calls.chunks(BATCH) {
            let part: Vec<Call> = part.iter().map(|call| eth_call(to, call, canonical(block_hash))).collect();
            let part = &part;
            let decoded = self.ask(|peer| async move {
                let mut batch = peer.batch(part).await?;
                let answers = part.iter().map(|_| decode::<C>(&peer, to, &batch.take()?));
                answers.collect::<Result<Vec<C::Return>>>()
            });
            answers.extend(decoded.await?);
        }
        Ok(answers)
    }

    async fn call_with<C: SolCall>(&self, to: Address, call: &C, block: Value) -> Result<C::Return> {
        let call = eth_call(to, call, block);
        let call = &call;
        self.ask(|peer| async move { decode::<C>(&peer, to, &peer.request(call).await?) }).await
    }
}

fn canonical(block_hash: B256) -> Value {
    json!({ "blockHash": block_hash, "requireCanonical": true })
}

fn eth_call<C: SolCall>(to: Address, call: &C, block: Value) -> Call {
    Call::new("eth_call", json!([{ "to": to, "data": Bytes::from(call.abi_encode()) }, block]))
}

/// An account without code answers every call with nothing. That is no lie: before its own block the contract is such an account.
fn decode<C: SolCall>(peer: &Peer, to: Address, answer: &Bytes) -> Result<C::Return> {
    let (endpoint, address) = (peer.name.to_string(), checksum(&to));
    if answer.is_empty() {
        return Err(Error::Absent { endpoint, address });
    }
    C::abi_decode_returns(answer).map_err(|error| Error::UnexpectedContract { endpoint, address, what: error.to_string() })
}
