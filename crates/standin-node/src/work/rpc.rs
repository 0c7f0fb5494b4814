//! What the work asks of the chain.

use alloy::{
    primitives::{Address, B256, Bytes, U64, U128},
    rpc::types::Log,
};
use linkpool_chainlink::Secret;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::chain::Endpoint;

/// A block's place.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Head {
    pub number: U64,
    pub hash: B256,
}

impl Head {
    pub fn height(&self) -> u64 {
        self.number.to()
    }
}

/// What became of a transaction, as far as the work needs it, with all of it beside.
#[derive(Clone, Debug)]
pub(super) struct Receipt {
    pub block_number: u64,
    pub block_hash: B256,
    pub succeeded: bool,
    pub json: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptFields {
    block_number: U64,
    block_hash: B256,
    status: U64,
}

/// What a transaction pays for its gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fees {
    pub max_fee_wei: u128,
    pub tip_wei: u128,
}

/// The node's endpoint. Errors are its own words.
#[derive(Debug)]
pub(super) struct Rpc<'a>(Endpoint<'a>);

impl<'a> Rpc<'a> {
    pub fn new(url: &'a Secret) -> Result<Self, String> {
        Ok(Self(Endpoint::new(url)?))
    }

    pub async fn head(&self) -> Result<Head, String> {
        self.0.call("eth_getBlockByNumber", json!(["latest", false])).await
    }

    /// The newest block that no reorg reaches; 0 while there is none.
    pub async fn final_height(&self) -> Result<u64, String> {
        let block: Option<Head> = self.0.call("eth_getBlockByNumber", json!(["finalized", false])).await?;
        Ok(block.map_or(0, |block| block.height()))
    }

    /// The requests for any of `topics` in a range of blocks.
    pub async fn requests(
        &self,
        (from, to): (u64, u64),
        operators: &[Address],
        signature: B256,
        topics: &[B256],
    ) -> Result<Vec<Log>, String> {
        let filter = json!({
            "fromBlock": U64::from(from), "toBlock": U64::from(to), "address": operators, "topics": [[signature], topics],
        });
        self.0.call("eth_getLogs", json!([filter])).await
    }

    /// The first nonce that no mined transaction of `sender` has, and none that the endpoint waits to mine.
    pub async fn nonce(&self, sender: Address) -> Result<u64, String> {
        Ok(self.0.call::<U64>("eth_getTransactionCount", json!([sender, "pending"])).await?.to())
    }

    /// Enough for several blocks that are full.
    pub async fn fees(&self) -> Result<Fees, String> {
        let price: U128 = self.0.call("eth_gasPrice", json!([])).await?;
        let tip: U128 = self.0.call("eth_maxPriorityFeePerGas", json!([])).await?;
        let (price_wei, tip_wei) = (price.to::<u128>(), tip.to::<u128>());
        Ok(Fees { max_fee_wei: price_wei.saturating_mul(2).saturating_add(tip_wei), tip_wei })
    }

    pub async fn send(&self, raw: &[u8]) -> Result<B256, String> {
        self.0.call("eth_sendRawTransaction", json!([Bytes::copy_from_slice(raw)])).await
    }

    pub async fn receipt(&self, hash: B256) -> Result<Option<Receipt>, String> {
        let json: Value = self.0.call("eth_getTransactionReceipt", json!([hash])).await?;
        if json.is_null() {
            return Ok(None);
        }
        let fields = ReceiptFields::deserialize(&json).map_err(|_| "a receipt has no block".to_owned())?;
        Ok(Some(Receipt {
            block_number: fields.block_number.to(),
            block_hash: fields.block_hash,
            succeeded: fields.status == U64::from(1),
            json,
        }))
    }
}
