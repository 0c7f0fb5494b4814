//! Blocks at chosen times, each with the transactions that it is given, and every one of these a success.

use alloy::{primitives::Bytes, rpc::types::TransactionReceipt};
use anyhow::{Context, Result, ensure};
use linkpool_chain::Chain;
use linkpool_primitives::Address;
use serde_json::{Value, json};

/// More than any transaction of the history needs; what is left over costs nothing.
const GAS: &str = "0xc3500";

/// From whom, to whom, and with which bytes.
pub struct Transaction {
    pub from: Address,
    pub to: Address,
    pub data: Vec<u8>,
}

/// A development chain whose clock stands still.
pub struct Blocks<'a>(&'a Chain);

impl<'a> Blocks<'a> {
    pub async fn stop_clock(chain: &'a Chain) -> Result<Self> {
        let blocks = Self(chain);
        blocks.ask("evm_setIntervalMining", json!([0])).await?;
        blocks.ask("evm_setAutomine", json!([false])).await?;
        Ok(blocks)
    }

    pub async fn start_clock(&self, block_time: u64) -> Result<()> {
        self.ask("evm_setIntervalMining", json!([block_time])).await?;
        Ok(())
    }

    pub async fn ask(&self, method: &str, parameters: Value) -> Result<Value> {
        self.0.forward(method.to_owned(), parameters).await.with_context(|| format!("the chain does not take {method}"))
    }

    /// A block of `timestamp` with these transactions in their order.
    pub async fn make(&self, timestamp: u64, transactions: &[Transaction]) -> Result<()> {
        // Before the transactions: they are tried out on a block of that time.
        self.ask("evm_setNextBlockTimestamp", json!([timestamp])).await?;
        for Transaction { from, to, data } in transactions {
            let data = Bytes::copy_from_slice(data);
            self.ask("eth_sendTransaction", json!([{ "from": from, "to": to, "data": data, "gas": GAS }])).await?;
        }
        self.ask("evm_mine", json!([])).await?;
        if transactions.is_empty() {
            return Ok(());
        }
        let receipts = self.ask("eth_getBlockReceipts", json!(["latest"])).await?;
        let receipts: Vec<TransactionReceipt> = serde_json::from_value(receipts)?;
        let succeeded = receipts.iter().filter(|receipt| receipt.status()).count();
        let (sent, mined) = (transactions.len(), receipts.len());
        ensure!(succeeded == sent && mined == sent, "{succeeded} of {mined} transactions succeeded, and {sent} were sent");
        Ok(())
    }
}
