//! What a sender of transactions asks: nonce, balance, fees, gas, and where its transactions stand.

use alloy::{
    primitives::{Bytes, U64, U128, U256},
    rpc::{client::BatchRequest, types::Block},
};
use linkpool_primitives::{Address, B256};
use serde::Deserialize;
use serde_json::json;

use crate::{Chain, Error, Result};

/// Most receipts asked for at once.
const RECEIPT_BATCH: usize = 100;

/// What the market asks for gas now, in wei.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Market {
    /// The newest block's base fee (EIP-1559).
    pub base_fee_wei: u128,
    /// The endpoint's suggestion for the tip.
    pub tip_wei: u128,
}

/// A transaction to try out.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    pub from: Address,
    pub to: Address,
    pub value_wei: u128,
    pub data: &'a [u8],
}

/// A transaction in a block. The endpoint says that the block is canonical; the hash lets it be checked later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub transaction_hash: B256,
    pub block_number: u64,
    pub block_hash: B256,
    pub succeeded: bool,
    pub gas_used: u64,
}

/// What an endpoint said to a transaction. The words differ between clients; what to do about them does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendAnswer {
    /// It is in the pool now.
    Accepted,
    /// It was there before, or is mined.
    Known,
    /// The nonce is used: by one of our attempts, which its receipt shows, or by somebody else.
    NonceUsed,
    /// Other bytes hold the nonce and pay too much to be replaced by these.
    Underpriced,
    /// A lower nonce is missing.
    Gap,
    /// The fee is below what the endpoint takes now.
    FeeTooLow,
    /// The account can't pay for it.
    NoFunds,
    /// The endpoint has a limit of its own on fees.
    FeeCap,
    /// No room at the moment.
    Full,
    /// These bytes will never be taken.
    Invalid,
    /// Words that are not known.
    Unclear,
}

impl SendAnswer {
    /// A stable word, for metrics labels and the stored attempt.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Known => "known",
            Self::NonceUsed => "nonce_used",
            Self::Underpriced => "underpriced",
            Self::Gap => "gap",
            Self::FeeTooLow => "fee_too_low",
            Self::NoFunds => "no_funds",
            Self::FeeCap => "fee_cap",
            Self::Full => "full",
            Self::Invalid => "invalid",
            Self::Unclear => "unclear",
        }
    }

    /// Sorts an endpoint's words. By part of the text and in this order, because clients wrap them in sentences of their own:
    /// today's geth says `nonce too low: next nonce 185, tx nonce 184`.
    pub fn classify(words: &str) -> Self {
        let text = words.to_lowercase();
        let table: &[(Self, &[&str])] = &[
            (
                Self::Underpriced,
                &["replacement transaction underpriced", "ownnoncealreadyused", "another tx which has the same nonce"],
            ),
            (Self::Known, &["already known", "alreadyknown", "same hash was already imported", "already imported"]),
            (Self::NonceUsed, &["nonce too low", "oldnonce", "nonce is too low", "invalid transaction nonce"]),
            (
                Self::Gap,
                &["nonce too high", "nonce too far in the future", "noncegap", "exceeds next nonce", "nonce out of range"],
            ),
            (
                Self::NoFunds,
                &[
                    "insufficient funds",
                    "insufficientfunds",
                    "insufficient balance",
                    "would cause overdraft",
                    "upfront cost exceeds",
                    "not enough funds",
                ],
            ),
            (Self::FeeCap, &["exceeds the configured cap", "transaction fee cap exceeded"]),
            (
                Self::FeeTooLow,
                &[
                    "transaction underpriced",
                    "less than block base fee",
                    "max fee per gas less than",
                    "below configured minimum",
                    "feetoolow",
                    "gas price too low",
                    "fee too low",
                ],
            ),
            (Self::Full, &["txpool is full", "pool is full", "queue full"]),
            (
                Self::Invalid,
                &[
                    "intrinsic gas",
                    "exceeds block gas limit",
                    "invalid sender",
                    "oversized data",
                    "gaslimitexceeded",
                    "invalid chain id",
                    "execution reverted",
                ],
            ),
        ];
        if text.contains("known transaction") && !text.contains("unknown transaction") {
            return Self::Known;
        }
        let found = table.iter().find(|(_, patterns)| patterns.iter().any(|pattern| text.contains(pattern)));
        found.map_or(Self::Unclear, |(answer, _)| *answer)
    }
}

/// The parts of a receipt that every client gives.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireReceipt {
    transaction_hash: B256,
    block_number: U64,
    block_hash: B256,
    status: U64,
    gas_used: U64,
}

impl Chain {
    /// How many transactions of `account` are in the chain: the nonce that the next one must have.
    pub async fn nonce(&self, account: Address) -> Result<u64> {
        self.request("eth_getTransactionCount", (account, "latest")).await.map(|count: U64| count.to())
    }

    /// [`Chain::nonce`] as it was after block `number`.
    pub async fn nonce_at(&self, account: Address, number: u64) -> Result<u64> {
        self.request("eth_getTransactionCount", (account, format!("{number:#x}"))).await.map(|count: U64| count.to())
    }

    /// Wei.
    pub async fn balance(&self, account: Address) -> Result<u128> {
        let balance: U256 = self.request("eth_getBalance", (account, "latest")).await?;
        u128::try_from(balance).map_err(|_| self.inconsistent("a balance of more ether than there is"))
    }

    /// Whether there is a contract at `account`.
    pub async fn has_code(&self, account: Address) -> Result<bool> {
        let code: Bytes = self.request("eth_getCode", (account, "latest")).await?;
        Ok(!code.is_empty())
    }

    /// The base fee and tip of now.
    pub async fn market(&self) -> Result<Market> {
        let block: Option<Block> = self.request("eth_getBlockByNumber", ("latest", false)).await?;
        let base_fee = block.and_then(|block| block.header.base_fee_per_gas);
        let tip: U128 = self.request("eth_maxPriorityFeePerGas", ()).await?;
        match base_fee {
            Some(base_fee) => Ok(Market { base_fee_wei: base_fee.into(), tip_wei: tip.to() }),
            None => Err(self.inconsistent("its blocks have no base fee (EIP-1559)")),
        }
    }

    /// The gas that `draft` would take on the newest block.
    ///
    /// # Errors
    /// [`Error::Reverted`] with the contract's reason if it would revert.
    pub async fn estimate_gas(&self, draft: Draft<'_>) -> Result<u64> {
        let transaction = json!({
            "from": draft.from, "to": draft.to, "value": format!("{:#x}", draft.value_wei), "data": Bytes::copy_from_slice(draft.data),
        });
        self.request("eth_estimateGas", (transaction,)).await.map(|gas: U64| gas.to())
    }

    /// Hands signed bytes to the endpoint.
    ///
    /// # Errors
    /// Where there was no answer. Then the transaction may be in the pool or not.
    pub async fn send_raw(&self, raw: &[u8]) -> Result<(SendAnswer, String)> {
        let words = match self.request::<_, B256>("eth_sendRawTransaction", (Bytes::copy_from_slice(raw),)).await {
            Ok(_) => return Ok((SendAnswer::Accepted, String::new())),
            Err(Error::Rpc { message, .. } | Error::Reverted { message, .. } | Error::TooLarge { message, .. }) => message,
            // Sorted for reads; of a transaction the words mean something else.
            Err(Error::Lagging { block, .. }) => block,
            Err(Error::RateLimited { message, endpoint }) if SendAnswer::classify(&message) == SendAnswer::Unclear => {
                return Err(Error::RateLimited { message, endpoint });
            }
            Err(Error::RateLimited { message, .. }) => message,
            Err(error) => return Err(error),
        };
        Ok((SendAnswer::classify(&words), words))
    }

    /// Where each of the transactions stands; `None` for one that is in no block.
    pub async fn receipts(&self, hashes: &[B256]) -> Result<Vec<Option<Receipt>>> {
        let mut receipts = Vec::with_capacity(hashes.len());
        for batch in hashes.chunks(RECEIPT_BATCH) {
            receipts.extend(self.receipt_batch(batch).await?);
        }
        Ok(receipts)
    }

    async fn receipt_batch(&self, hashes: &[B256]) -> Result<Vec<Option<Receipt>>> {
        let failed = |error| Error::classify(&self.name, error);
        let mut batch = BatchRequest::new(&self.client);
        let mut answers = Vec::with_capacity(hashes.len());
        for hash in hashes {
            answers.push(batch.add_call::<_, Option<WireReceipt>>("eth_getTransactionReceipt", &(hash,)).map_err(failed)?);
        }
        batch.send().await.map_err(failed)?;
        let mut receipts = Vec::with_capacity(hashes.len());
        for (hash, answer) in hashes.iter().zip(answers) {
            let receipt = answer.await.map_err(failed)?;
            if receipt.as_ref().is_some_and(|receipt| receipt.transaction_hash != *hash) {
                return Err(self.inconsistent("a receipt of another transaction than the one asked for"));
            }
            receipts.push(receipt.map(|receipt| Receipt {
                transaction_hash: receipt.transaction_hash,
                block_number: receipt.block_number.to(),
                block_hash: receipt.block_hash,
                succeeded: receipt.status == U64::from(1),
                gas_used: receipt.gas_used.to(),
            }));
        }
        Ok(receipts)
    }
}

#[cfg(test)]
mod tests {
    use super::SendAnswer;

    fn check(words: &str, expect: SendAnswer) {
        assert_eq!(SendAnswer::classify(words), expect, "{words}");
    }

    #[test]
    fn the_same_fact_in_the_words_of_each_client_is_the_same_answer() {
        check("already known", SendAnswer::Known);
        check("Known transaction", SendAnswer::Known);
        check("unknown transaction", SendAnswer::Unclear);
        check("AlreadyKnown", SendAnswer::Known);
        check("transaction already imported", SendAnswer::Known);
        check("replacement transaction underpriced", SendAnswer::Underpriced);
        check("OwnNonceAlreadyUsed", SendAnswer::Underpriced);
        check("nonce too low: next nonce 185, tx nonce 184", SendAnswer::NonceUsed);
        check("OldNonce", SendAnswer::NonceUsed);
        check("nonce too high", SendAnswer::Gap);
        check("Transaction nonce too far in the future", SendAnswer::Gap);
        check("insufficient funds for gas * price + value: balance 0", SendAnswer::NoFunds);
        check("Upfront cost exceeds account balance", SendAnswer::NoFunds);
        check("tx fee (1.50 ether) exceeds the configured cap (1.00 ether)", SendAnswer::FeeCap);
        check("transaction underpriced: tip needed 1, tip permitted 0", SendAnswer::FeeTooLow);
        check("max fee per gas less than block base fee: address 0x0, maxFeePerGas: 1", SendAnswer::FeeTooLow);
        check("txpool is full", SendAnswer::Full);
        check("intrinsic gas too low: gas 100, minimum needed 21000", SendAnswer::Invalid);
        check("exceeds block gas limit", SendAnswer::Invalid);
        check("the moon is in the wrong house", SendAnswer::Unclear);
    }
}
