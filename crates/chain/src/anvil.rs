//! Controls of a development chain (anvil): unlocked accounts, time, reorgs. Only with the feature `dev`.

use std::time::Duration;

use alloy::{primitives::Bytes, rpc::types::TransactionReceipt};
use linkpool_primitives::{Address, B256};
use serde_json::{Value, json};

use crate::{Chain, Error, Result, call::Call};

/// How long a transaction on a development chain may take.
const RECEIPT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

impl Chain {
    /// The accounts that the chain signs for.
    pub async fn accounts(&self) -> Result<Vec<Address>> {
        self.request("eth_accounts", ()).await
    }

    /// Sends from an unlocked account and waits for the receipt; `to = None` deploys. A reverting call fails before it is sent.
    pub async fn send_unlocked(&self, from: Address, to: Option<Address>, data: Vec<u8>) -> Result<TransactionReceipt> {
        let gas = self.gas_for(from, to, &data).await?;
        let receipt = self.send_unlocked_blind(from, to, data, gas).await?;
        succeeded(receipt)
    }

    /// As [`Chain::send_unlocked`], in a block made for it: setting a stage does not wait for the chain's clock.
    pub async fn send_now(&self, from: Address, to: Option<Address>, data: Vec<u8>) -> Result<TransactionReceipt> {
        let gas = self.gas_for(from, to, &data).await?;
        let hash = self.submit(from, to, data, gas).await?;
        self.mine(1).await?;
        let receipt = self.receipt_of(hash).await?;
        succeeded(receipt)
    }

    /// Sends with this gas, whatever comes of it, and waits for the receipt.
    pub async fn send_unlocked_blind(
        &self,
        from: Address,
        to: Option<Address>,
        data: Vec<u8>,
        gas: u64,
    ) -> Result<TransactionReceipt> {
        let hash = self.submit(from, to, data, gas).await?;
        self.receipt_of(hash).await
    }

    async fn gas_for(&self, from: Address, to: Option<Address>, data: &[u8]) -> Result<u64> {
        let transaction = unlocked(from, to, data);
        let gas: alloy::primitives::U64 = self.request("eth_estimateGas", (transaction,)).await?;
        // A reward that vests between the estimate and the block can cost a little more.
        Ok(gas.to::<u64>() * 13 / 10)
    }

    async fn submit(&self, from: Address, to: Option<Address>, data: Vec<u8>, gas: u64) -> Result<B256> {
        let mut transaction = unlocked(from, to, &data);
        transaction["gas"] = json!(format!("{gas:#x}"));
        self.request("eth_sendTransaction", (transaction,)).await
    }

    async fn receipt_of(&self, hash: B256) -> Result<TransactionReceipt> {
        let deadline = tokio::time::Instant::now() + RECEIPT_TIMEOUT;
        loop {
            let receipt: Option<TransactionReceipt> = self.request("eth_getTransactionReceipt", (hash,)).await?;
            match receipt {
                Some(receipt) => return Ok(receipt),
                None if tokio::time::Instant::now() > deadline => {
                    return Err(Error::Unreachable {
                        endpoint: self.name().to_owned(),
                        cause: format!("transaction {hash} was not mined in time"),
                    });
                }
                None => tokio::time::sleep(POLL_INTERVAL).await,
            }
        }
    }

    /// Moves the chain's clock forward and mines a block there.
    pub async fn advance_time(&self, by: Duration) -> Result<()> {
        let _: Value = self.request("evm_increaseTime", (by.as_secs(),)).await?;
        self.mine(1).await
    }

    pub async fn mine(&self, blocks: u64) -> Result<()> {
        let _: Value = self.request("anvil_mine", (format!("{blocks:#x}"),)).await?;
        Ok(())
    }

    /// Replaces the newest `depth` blocks by empty ones; the transactions in them are gone. Blocks that come every so many seconds stand
    /// still meanwhile: anvil would make one in the middle of it, and leave a chain of numbers without a block. Of parts of a second
    /// it does not tell.
    pub async fn reorg(&self, depth: u64) -> Result<()> {
        let interval: Option<u64> = self.request("anvil_getIntervalMining", Vec::<Value>::new()).await?;
        let interval = interval.filter(|seconds| *seconds > 0);
        if interval.is_some() {
            self.set_interval(0).await?;
        }
        let replaced: Result<Value> = self.request("anvil_reorg", (depth, Vec::<Value>::new())).await;
        if let Some(seconds) = interval {
            self.set_interval(seconds).await?;
        }
        replaced.map(drop)
    }

    async fn set_interval(&self, seconds: u64) -> Result<()> {
        let _: Value = self.request("evm_setIntervalMining", (seconds,)).await?;
        Ok(())
    }

    pub async fn set_balance(&self, account: Address, wei: u128) -> Result<()> {
        let _: Value = self.request("anvil_setBalance", (account, format!("{wei:#x}"))).await?;
        Ok(())
    }

    /// Any other request, answered as it came: for the demo wallet's proxy.
    pub async fn forward(&self, method: String, params: Value) -> Result<Value> {
        self.first().request(&Call::forwarded(method, params)).await
    }
}

fn unlocked(from: Address, to: Option<Address>, data: &[u8]) -> Value {
    let mut transaction = json!({ "from": from, "data": Bytes::copy_from_slice(data) });
    if let Some(to) = to {
        transaction["to"] = json!(to);
    }
    transaction
}

fn succeeded(receipt: TransactionReceipt) -> Result<TransactionReceipt> {
    if receipt.status() {
        return Ok(receipt);
    }
    Err(Error::Reverted { message: format!("transaction {} reverted", receipt.transaction_hash), data: Vec::new() })
}
