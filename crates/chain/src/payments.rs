//! Plain payments, found in the blocks themselves: they leave no log.

use alloy::primitives::U256;
use linkpool_primitives::{Address, B256};
use serde::Deserialize;

use crate::{Chain, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payment {
    pub from: Address,
    pub recipient: Address,
    pub amount_wei: u128,
}

#[derive(Debug, Deserialize)]
struct WireBlock {
    transactions: Vec<WireTransaction>,
}

#[derive(Debug, Deserialize)]
struct WireTransaction {
    hash: B256,
    from: Address,
    to: Option<Address>,
    value: U256,
}

impl Chain {
    /// The transaction of block `number` that made exactly this payment; `None` if there is none or no such block.
    pub async fn payment_in(&self, payment: &Payment, number: u64) -> Result<Option<B256>> {
        let block: Option<WireBlock> = self.request("eth_getBlockByNumber", (format!("{number:#x}"), true)).await?;
        let is_it = |transaction: &&WireTransaction| {
            (transaction.from, transaction.to, transaction.value)
                == (payment.from, Some(payment.recipient), U256::from(payment.amount_wei))
        };
        let found = block.as_ref().and_then(|block| block.transactions.iter().find(is_it)).map(|transaction| transaction.hash);
        let Some(hash) = found else { return Ok(None) };
        let succeeded = self.receipts(&[hash]).await?.into_iter().flatten().any(|receipt| receipt.succeeded);
        Ok(succeeded.then_some(hash))
    }
}
