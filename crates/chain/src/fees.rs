//! What transactions have cost whoever sent them.

use alloy::primitives::U256;
use linkpool_primitives::{Address, B256};
use serde::Deserialize;
use serde_json::json;

use crate::{Chain, Result, call::Call};

/// Most receipts of one request.
const BATCH: usize = 100;

/// Of a transaction in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fee {
    pub payer: Address,
    pub block_hash: B256,
    pub wei: u128,
}

/// The parts of a receipt that say so; clients from before London have no price in it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireFee {
    transaction_hash: B256,
    block_hash: B256,
    from: Address,
    gas_used: U256,
    #[serde(default)]
    effective_gas_price: Option<U256>,
}

impl Chain {
    /// What each of the transactions has cost, by the word of one endpoint; `None` where it has no receipt, or one without a price.
    pub async fn fees(&self, hashes: &[B256]) -> Result<Vec<Option<Fee>>> {
        let mut fees = Vec::with_capacity(hashes.len());
        for part in hashes.chunks(BATCH) {
            let calls: Vec<Call> = part.iter().map(|hash| Call::new("eth_getTransactionReceipt", json!([hash]))).collect();
            let calls = &calls;
            let some = self.ask(|peer| async move {
                let mut batch = peer.batch(calls).await?;
                part.iter().map(|hash| Ok(fee(*hash, batch.take()?))).collect::<Result<Vec<_>>>()
            });
            fees.extend(some.await?);
        }
        Ok(fees)
    }
}

fn fee(hash: B256, receipt: Option<WireFee>) -> Option<Fee> {
    let WireFee { transaction_hash, block_hash, from, gas_used, effective_gas_price } = receipt?;
    let wei = gas_used.saturating_mul(effective_gas_price?);
    (transaction_hash == hash).then(|| Fee { payer: from, block_hash, wei: wei.saturating_to() })
}
