//! Sending: a nonce and signed bytes are stored first, then they are sent, again and again if need be.

use alloy::{
    primitives::{Bytes, TxKind, U256},
    signers::SignerSync,
};
use alloy_consensus::{SignableTransaction, TxEip1559};

use super::{
    rpc::Head,
    shared::{Trouble, Work},
};
use crate::store::{OpenTx, Signed};

/// Transactions that may be sent and not mined: a node's default.
const MAX_IN_FLIGHT: i64 = 16;

/// What an endpoint answers to one that it, or its chain, has already.
const HAS_IT: [&str; 4] = ["already known", "already imported", "known transaction", "nonce too low"];

/// What an endpoint answers to one that it does not take at this price, or for this wallet's money.
const TOO_DEAR: [&str; 3] = ["insufficient funds", "max fee per gas less than", "transaction underpriced"];

fn says(error: &str, words: &[&str]) -> bool {
    let error = error.to_lowercase();
    words.iter().any(|words| error.contains(words))
}

impl Work<'_> {
    /// Sends what waits, in order. One that the wallet cannot pay for holds up all others, as in a node, and is tried again with
    /// each new block. True: look again before the next block, because another replica was quicker.
    pub(super) async fn send_queued(&self, head: &Head, is_new: bool) -> Result<bool, Trouble> {
        let store = &self.node.store;
        while let Some(tx) = store.next_tx().await? {
            // Nobody else of this replica takes a nonce meanwhile.
            let _sending = self.node.sending().await;
            let signed = match &tx.signed {
                // It waits for the next block.
                Some(_) if !is_new && tx.sent_height == head.height() => return Ok(false),
                Some(signed) => signed.clone(),
                None if store.txs_in_flight().await? >= MAX_IN_FLIGHT => return Ok(false),
                None => match self.give_nonce(&tx).await? {
                    Some(signed) => signed,
                    None => return Ok(true),
                },
            };
            match self.rpc.send(&signed.raw).await {
                Ok(_) => store.tx_sent(tx.id, head.height()).await?,
                Err(error) if says(&error, &HAS_IT) => store.tx_sent(tx.id, head.height()).await?,
                Err(error) if says(&error, &TOO_DEAR) => {
                    if tx.sent_height == 0 {
                        tracing::warn!(wallet = %tx.sender, error, "the wallet cannot pay for an answer; it is tried with each block");
                    }
                    // Nobody has it, so these bytes may be replaced by some at today's price.
                    let again = self.sign(&tx, signed.nonce).await?;
                    store.sign_tx_anew(tx.id, &again, head.height()).await?;
                    return Ok(false);
                }
                // Perhaps it has it all the same: the same bytes are sent again.
                Err(error) => return Err(Trouble::Chain(error)),
            }
        }
        Ok(false)
    }

    /// `None` where another replica was quicker.
    async fn give_nonce(&self, tx: &OpenTx) -> Result<Option<Signed>, Trouble> {
        let nonce = self.rpc.nonce(tx.sender).await?.max(self.node.store.first_free_nonce(tx.sender).await?);
        let signed = self.sign(tx, nonce).await?;
        Ok(self.node.store.sign_tx(tx.id, &signed).await?.then_some(signed))
    }

    async fn sign(&self, tx: &OpenTx, nonce: u64) -> Result<Signed, Trouble> {
        let fees = self.rpc.fees().await?;
        let key = self.node.keys().into_iter().find(|key| key.address == tx.sender);
        let key = key.ok_or_else(|| format!("the node has lost the key of {}", tx.sender))?;
        let transaction = TxEip1559 {
            chain_id: self.node.chain_id,
            nonce,
            gas_limit: tx.gas_limit,
            max_fee_per_gas: fees.max_fee_wei,
            max_priority_fee_per_gas: fees.tip_wei,
            to: TxKind::Call(tx.recipient),
            value: U256::ZERO,
            access_list: Default::default(),
            input: Bytes::from(tx.calldata.clone()),
        };
        let signature = key.signer.sign_hash_sync(&transaction.signature_hash()).map_err(|error| error.to_string())?;
        let signed = transaction.into_signed(signature);
        let mut raw = Vec::with_capacity(512);
        signed.eip2718_encode(&mut raw);
        Ok(Signed { nonce, raw, hash: *signed.hash() })
    }
}
