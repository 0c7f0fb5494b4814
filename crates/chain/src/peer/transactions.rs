//! What one endpoint says of transactions.

use alloy::primitives::{Bytes, U64, U256};
use linkpool_primitives::{Address, B256};
use serde::Deserialize;
use serde_json::json;

use super::Peer;
use crate::{Error, Receipt, Result, SendAnswer, call::Call, classify};

/// Most receipts asked for at once.
const RECEIPT_BATCH: usize = 100;

/// The parts of a receipt that every client gives.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireReceipt {
    transaction_hash: B256,
    block_number: U64,
    block_hash: B256,
    status: U64,
    /// Only shown.
    #[serde(default)]
    gas_used: U64,
}

impl Peer {
    /// How many transactions of `account` are in the chain as of `block`, a number or a tag.
    pub async fn nonce(&self, account: Address, block: &str) -> Result<u64> {
        let count: U64 = self.request(&Call::new("eth_getTransactionCount", json!([account, block]))).await?;
        Ok(count.to())
    }

    /// The wei of each account, and the newest block that it knew before.
    pub async fn balances(&self, accounts: &[Address]) -> Result<(u64, Vec<u128>)> {
        let mut calls = vec![Call::new("eth_blockNumber", json!([]))];
        calls.extend(accounts.iter().map(|account| Call::new("eth_getBalance", json!([account, "latest"]))));
        let mut batch = self.batch(&calls).await?;
        let head: U64 = batch.take()?;
        // Development chains give their accounts more ether than there is; it is enough in any case.
        let balances = accounts.iter().map(|_| batch.take::<U256>().map(|balance| balance.saturating_to()));
        Ok((head.to(), balances.collect::<Result<_>>()?))
    }

    /// What it says to signed bytes, in its own words.
    pub async fn send_raw(&self, raw: &[u8]) -> Result<(SendAnswer, String)> {
        let call = Call::new("eth_sendRawTransaction", json!([Bytes::copy_from_slice(raw)]));
        let error = match self.raw(&call).await? {
            Ok(_) => return Ok((SendAnswer::Accepted, String::new())),
            Err(error) => error,
        };
        let reason = classify::printable(&error.message);
        let answer = SendAnswer::classify(&reason);
        match classify::answer(&self.name, &call.method, &error) {
            // Not a word about the transaction: it was not looked at.
            refused @ (Error::RateLimited { .. } | Error::Unreachable { .. }) if answer == SendAnswer::Unrecognized => {
                Err(refused)
            }
            _ => Ok((answer, reason)),
        }
    }

    /// Where each of the transactions stands by its word; `None` for one that is in no block. With the newest block that it knew.
    pub async fn receipts(&self, hashes: &[B256]) -> Result<(u64, Vec<Option<Receipt>>)> {
        let mut receipts = Vec::with_capacity(hashes.len());
        let mut head = u64::MAX;
        for part in hashes.chunks(RECEIPT_BATCH) {
            let mut calls = vec![Call::new("eth_blockNumber", json!([]))];
            calls.extend(part.iter().map(|hash| Call::new("eth_getTransactionReceipt", json!([hash]))));
            let mut batch = self.batch(&calls).await?;
            head = head.min(batch.take::<U64>()?.to());
            for hash in part {
                let receipt: Option<WireReceipt> = batch.take()?;
                if receipt.as_ref().is_some_and(|receipt| receipt.transaction_hash != *hash) {
                    return Err(self.inconsistent("a receipt of another transaction than the one asked for"));
                }
                receipts.push(receipt.map(Receipt::from));
            }
        }
        Ok((head, receipts))
    }
}

impl From<WireReceipt> for Receipt {
    fn from(wire: WireReceipt) -> Self {
        Self {
            transaction_hash: wire.transaction_hash,
            block_number: wire.block_number.to(),
            block_hash: wire.block_hash,
            succeeded: wire.status == U64::from(1),
            gas_used: wire.gas_used.to(),
        }
    }
}
