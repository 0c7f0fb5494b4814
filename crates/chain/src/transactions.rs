//! What a sender of transactions asks: nonce, balance, gas, and where its transactions stand.
//!
//! Money follows from these answers, so one endpoint's word is not enough where there are two. Two are asked, and the cautious
//! answer is taken: the higher nonce at the head (a nonce that somebody saw used is not free), the lower one at a given block
//! (nothing is given up on one word), the balance by the newer block and of equals the lower one. Where only one answers, its word
//! is taken.

use std::{future::Future, sync::Arc};

use alloy::primitives::{Bytes, U64, U256};
use linkpool_primitives::{Address, B256, Receipt};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Chain, Error, Result,
    chain::{Failures, call},
    health::{LAG_BLOCKS, Rank},
    peer::{EndpointName, Peer},
};

/// Endpoints asked where one word is not enough.
const WITNESSES: usize = 2;

/// A transaction to try out.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    pub from: Address,
    /// `None` makes a contract.
    pub to: Option<Address>,
    pub value_wei: u128,
    pub data: &'a [u8],
}

impl Draft<'_> {
    /// Without `to` where a contract is made: some endpoints refuse a null there.
    fn parameters(&self) -> Value {
        let (from, value, data) = (self.from, format!("{:#x}", self.value_wei), Bytes::copy_from_slice(self.data));
        match self.to {
            Some(to) => json!({ "from": from, "to": to, "value": value, "data": data }),
            None => json!({ "from": from, "value": value, "data": data }),
        }
    }
}

impl Chain {
    /// How many transactions of `account` are in the chain: the nonce that the next one must have.
    pub async fn nonce(&self, account: Address) -> Result<u64> {
        let nonces = self.witnesses(WITNESSES, |peer| async move { peer.nonce(account, "latest").await }).await?;
        Ok(nonces.into_iter().max().unwrap_or_default())
    }

    /// [`Chain::nonce`] as it was after block `number`.
    pub async fn nonce_at(&self, account: Address, number: u64) -> Result<u64> {
        let block = format!("{number:#x}");
        let block = block.as_str();
        let nonces = self.witnesses(WITNESSES, |peer| async move { peer.nonce(account, block).await }).await?;
        Ok(nonces.into_iter().min().unwrap_or_default())
    }

    /// Wei.
    pub async fn balance(&self, account: Address) -> Result<u128> {
        Ok(self.balances(&[account]).await?.first().copied().unwrap_or_default())
    }

    /// The wei of each of these accounts.
    pub async fn balances(&self, accounts: &[Address]) -> Result<Vec<u128>> {
        let told = self.witnesses(WITNESSES, |peer| async move { peer.balances(accounts).await }).await?;
        let of =
            |index: usize| told.iter().map(move |(head, balances)| (*head, balances.get(index).copied().unwrap_or_default()));
        Ok((0..accounts.len()).map(|index| newest_and_lowest(&of(index).collect::<Vec<_>>())).collect())
    }

    /// Whether there is a contract at `account`. One endpoint that has seen it is enough: contracts do not go away.
    pub async fn has_code(&self, account: Address) -> Result<bool> {
        let call = call("eth_getCode", &(account, "latest"))?;
        let call = &call;
        let codes: Vec<Bytes> = self.witnesses(WITNESSES, |peer| async move { peer.request(call).await }).await?;
        Ok(codes.iter().any(|code| !code.is_empty()))
    }

    /// The gas that `draft` would take on the newest block.
    ///
    /// # Errors
    /// [`Error::Reverted`] with the contract's reason if it would revert.
    pub async fn estimate_gas(&self, draft: Draft<'_>) -> Result<u64> {
        self.request("eth_estimateGas", (draft.parameters(),)).await.map(|gas: U64| gas.to())
    }

    /// Where each of the transactions stands: its receipt where enough endpoints give the same one, and `None` where they do not,
    /// which may mean that not all have seen the block. Without a configured quorum the silence of an endpoint that is well behind
    /// the block does not count, so that one that stands still does not hold up everything.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] where two give different receipts from one block; [`Error::Unreachable`] where fewer answer than a
    /// configured quorum.
    pub async fn receipts(&self, hashes: &[B256]) -> Result<Vec<Option<Receipt>>> {
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let configured = self.policy().receipt_quorum.map(|quorum| quorum.clamp(1, self.peers().len()));
        let wanted = configured.unwrap_or(WITNESSES).max(WITNESSES);
        let answers = self
            .witnesses(wanted, |peer| async move {
                let (head, receipts) = peer.receipts(hashes).await?;
                Ok((peer.name.clone(), head, receipts))
            })
            .await?;
        if let Some(quorum) = configured.filter(|quorum| answers.len() < *quorum) {
            let names: Vec<&str> = answers.iter().map(|(name, ..)| &**name).collect();
            return Err(Error::Unreachable {
                endpoint: "the others".to_owned(),
                cause: format!("{quorum} must agree on a receipt and only `{}` answers", names.join("`, `")),
            });
        }
        let columns = (0..hashes.len()).map(|index| {
            let vote = |(name, head, receipts): &'_ (EndpointName, u64, Vec<Option<Receipt>>)| Vote {
                endpoint: name.clone(),
                head: *head,
                receipt: receipts[index],
            };
            agreed_receipt(&answers.iter().map(vote).collect::<Vec<_>>(), configured)
        });
        columns.collect()
    }

    /// Whether any endpoint that answers has a receipt of any of these transactions: what one has seen must not count as lost,
    /// even while the others know nothing of it.
    ///
    /// # Errors
    /// Where none answers.
    pub async fn seen_anywhere(&self, hashes: &[B256]) -> Result<bool> {
        let answers = self.witnesses(self.peers().len(), |peer| async move { peer.receipts(hashes).await }).await?;
        Ok(answers.iter().flat_map(|(_, receipts)| receipts).any(Option::is_some))
    }

    /// The answers of so many endpoints, the healthiest first; of fewer where fewer answer, and at least of one.
    async fn witnesses<T, Fut>(&self, wanted: usize, request: impl Fn(Arc<Peer>) -> Fut) -> Result<Vec<T>>
    where
        Fut: Future<Output = Result<T>>,
    {
        let mut rest = self.order().into_iter();
        let mut answers = Vec::new();
        let mut failures = Failures::default();
        // Where the configuration says how many must agree on something, all of those are waited for.
        let enough = if self.policy().receipt_quorum.is_some() { wanted } else { 1 };
        let mut is_first = true;
        while answers.len() < wanted {
            // First as few as may do, then all of the others at once: who hangs is not waited for one after the other. One that is
            // down is not waited for while others answer.
            let most = if is_first { wanted } else { usize::MAX };
            let may_answer = |(rank, _): &(Rank, Arc<Peer>)| answers.is_empty() || *rank < Rank::Pausing;
            let next: Vec<Arc<Peer>> = rest.by_ref().filter(may_answer).take(most).map(|(_, peer)| peer).collect();
            is_first = false;
            if next.is_empty() {
                break;
            }
            for answer in self.side_by_side(&next, enough, &request).await {
                match answer {
                    Ok(answer) => answers.push(answer),
                    Err(error) if error.fails_over() => failures.hear(error),
                    Err(refusal) => return Err(refusal),
                }
            }
        }
        if answers.is_empty() { Err(failures.into_error()) } else { Ok(answers) }
    }
}

/// What one endpoint says of one transaction.
#[derive(Debug, Clone)]
struct Vote {
    endpoint: EndpointName,
    /// The newest block that it knew then.
    head: u64,
    receipt: Option<Receipt>,
}

/// What enough of them say.
fn agreed_receipt(votes: &[Vote], configured: Option<usize>) -> Result<Option<Receipt>> {
    for vote in votes {
        let Some(receipt) = vote.receipt else { continue };
        let differs = |other: &Receipt| other.block_hash == receipt.block_hash && *other != receipt;
        if let Some(other) = votes.iter().find(|other| other.receipt.as_ref().is_some_and(differs)) {
            return Err(Error::Inconsistent {
                endpoint: format!("{}`, `{}", vote.endpoint, other.endpoint),
                what: format!("different receipts of {} from one block", receipt.transaction_hash),
            });
        }
        let may_know = |other: &&Vote| other.receipt.is_some() || other.head + LAG_BLOCKS >= receipt.block_number;
        let quorum = configured.unwrap_or_else(|| WITNESSES.min(votes.iter().filter(may_know).count()));
        if votes.iter().filter(|other| other.receipt == Some(receipt)).count() >= quorum {
            return Ok(Some(receipt));
        }
    }
    Ok(None)
}

/// Of balances with the block that they were told at: the newest, and of several at one block the lowest.
fn newest_and_lowest(balances: &[(u64, u128)]) -> u128 {
    let newest = balances.iter().map(|(head, _)| *head).max();
    let at_newest = balances.iter().filter(|(head, _)| Some(*head) == newest).map(|(_, balance)| *balance);
    at_newest.min().unwrap_or_default()
}

/// A plain payment, to be found in the blocks themselves: it leaves no log.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(block: u8, succeeded: bool) -> Option<Receipt> {
        Some(Receipt {
            transaction_hash: B256::ZERO,
            block_number: block.into(),
            block_hash: B256::repeat_byte(block),
            succeeded,
            gas_used: 21_000,
        })
    }

    fn votes(votes: &[(u64, Option<Receipt>)]) -> Vec<Vote> {
        let vote = |(index, (head, receipt)): (usize, &(u64, Option<Receipt>))| Vote {
            endpoint: format!("endpoint {index}").into(),
            head: *head,
            receipt: *receipt,
        };
        votes.iter().enumerate().map(vote).collect()
    }

    #[test]
    fn a_receipt_counts_where_enough_give_the_same_one() {
        let check = |column: &[(u64, Option<Receipt>)], configured, expect| {
            assert_eq!(agreed_receipt(&votes(column), configured).unwrap(), expect, "{column:?}");
        };
        check(&[(9, receipt(1, true)), (9, receipt(1, true))], None, receipt(1, true));
        check(&[(9, receipt(1, true)), (9, None)], None, None);
        check(&[(9, receipt(1, true))], None, receipt(1, true));
        check(&[(9, receipt(1, true)), (9, None)], Some(1), receipt(1, true));
        check(&[(9, receipt(1, true)), (9, receipt(2, true))], None, None);
        check(&[(9, receipt(2, true)), (9, receipt(1, true)), (9, receipt(1, true))], Some(2), receipt(1, true));
    }

    #[test]
    fn who_stands_still_holds_up_nothing_unless_the_configuration_says_so() {
        let behind = [(9, receipt(9, true)), (6, None)];
        assert_eq!(agreed_receipt(&votes(&behind), None).unwrap(), receipt(9, true));
        assert_eq!(agreed_receipt(&votes(&behind), Some(2)).unwrap(), None);
        // Two blocks are the ordinary difference between two nodes.
        assert_eq!(agreed_receipt(&votes(&[(9, receipt(9, true)), (7, None)]), None).unwrap(), None);
    }

    #[test]
    fn one_block_can_not_hold_two_outcomes() {
        let error = agreed_receipt(&votes(&[(9, receipt(1, true)), (9, receipt(1, false))]), None).unwrap_err();
        assert!(error.to_string().contains("`endpoint 0`, `endpoint 1`"), "{error}");
    }

    #[test]
    fn the_balance_is_that_of_the_newest_block_and_of_two_at_one_block_the_lower() {
        assert_eq!(newest_and_lowest(&[(7, 0), (9, 5)]), 5);
        assert_eq!(newest_and_lowest(&[(9, 5), (7, 0)]), 5);
        assert_eq!(newest_and_lowest(&[(9, 5), (9, 3)]), 3);
    }
}
