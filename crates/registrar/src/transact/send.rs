//! Signing, committing, sending: in this order, so that whatever may be on its way is always known.

use std::time::Instant;

use alloy::primitives::{Bytes, TxKind, U256};
use alloy_consensus::{SignableTransaction, TxEip1559};
use linkpool_chain::SendAnswer;
use linkpool_db::registrar::{Attempt, NewAttempt, Slot};

use super::{Pass, Transactor};
use crate::{FailPoint, Result, fee};

impl Transactor {
    /// Signs the slot's first attempt, or one that replaces its last, commits it and sends it.
    pub(super) async fn sign_and_send(&mut self, pass: &Pass, slot: &Slot) -> Result<()> {
        let (caps, market) = (self.context.config.fees, self.market(pass).await?);
        let last = slot.attempts.last();
        let offer = match last {
            None => fee::first(market, caps),
            Some(last) => fee::next(fee::Offer { max_fee_wei: last.max_fee_wei, tip_wei: last.tip_wei }, market, caps),
        };
        self.outbid.remove(&slot.nonce);
        let Some(offer) = offer else {
            let gwei = market.base_fee_wei / 1_000_000_000;
            self.show(
                slot,
                &format!("gas costs {gwei} gwei now, which the configured fee cap does not allow to be met; waiting"),
            )
            .await?;
            return if last.is_some() { self.send_last(pass, slot).await } else { Ok(()) };
        };
        let attempt = self.sign(pass, slot, offer).await?;
        self.context.failpoints.hit(FailPoint::Signed)?;
        if !self.context.database.add_attempt(&self.context.account, slot, &attempt).await? {
            // Another instance was first; its bytes count and these were never sent.
            return Ok(());
        }
        self.context.failpoints.hit(FailPoint::Committed)?;
        let committed = Attempt {
            hash: attempt.hash,
            number: attempt.number,
            raw: attempt.raw,
            max_fee_wei: attempt.max_fee_wei,
            tip_wei: attempt.tip_wei,
            since_block: attempt.since_block,
            sent_block: None,
            sends: 0,
        };
        self.send(pass, slot, &committed).await
    }

    /// Sends the slot's last attempt again, as it is.
    pub(super) async fn send_last(&mut self, pass: &Pass, slot: &Slot) -> Result<()> {
        match slot.attempts.last() {
            Some(last) => self.send(pass, slot, &last.clone()).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, pass: &Pass, slot: &Slot, attempt: &Attempt) -> Result<()> {
        self.sent.insert(attempt.hash, Instant::now());
        let outcome = self.context.chain.send_raw(&attempt.raw).await;
        self.context.failpoints.hit(FailPoint::Sent)?;
        let head = pass.heads.head.number;
        let (answer, words) = match outcome {
            Ok(answer) => answer,
            Err(error) => {
                // It may have arrived: the same bytes are sent again until a receipt shows.
                self.context.database.record_send(&attempt.hash, head, "no_answer").await?;
                return self.show(slot, &error.to_string()).await;
            }
        };
        self.context.database.record_send(&attempt.hash, head, answer.code()).await?;
        match answer {
            SendAnswer::Accepted | SendAnswer::Known | SendAnswer::NonceUsed | SendAnswer::Gap => Ok(()),
            SendAnswer::Underpriced | SendAnswer::FeeTooLow => {
                self.outbid.insert(slot.nonce);
                Ok(())
            }
            SendAnswer::NoFunds | SendAnswer::FeeCap | SendAnswer::Full | SendAnswer::Invalid | SendAnswer::Unclear => {
                tracing::warn!(nonce = slot.nonce, answer = answer.code(), words, "an endpoint did not take a transaction");
                self.show(slot, &refused(answer, &words)).await
            }
        }
    }

    async fn sign(&self, pass: &Pass, slot: &Slot, offer: fee::Offer) -> Result<NewAttempt> {
        let transaction = TxEip1559 {
            chain_id: self.context.account.chain_id,
            nonce: slot.nonce,
            gas_limit: slot.gas_limit,
            max_fee_per_gas: offer.max_fee_wei,
            max_priority_fee_per_gas: offer.tip_wei,
            to: TxKind::Call(slot.intent.recipient),
            value: U256::from(slot.intent.value_wei),
            access_list: Default::default(),
            input: Bytes::copy_from_slice(&slot.intent.data),
        };
        let signature = self.context.signer.sign(&transaction.signature_hash()).await?;
        let signed = transaction.into_signed(signature);
        let mut raw = Vec::with_capacity(512);
        signed.eip2718_encode(&mut raw);
        Ok(NewAttempt {
            hash: *signed.hash(),
            number: slot.attempts.len() as u32,
            raw,
            max_fee_wei: offer.max_fee_wei,
            tip_wei: offer.tip_wei,
            since_block: pass.heads.head.number,
        })
    }

    async fn show(&self, slot: &Slot, sentence: &str) -> Result<()> {
        if let Some(node_id) = &slot.intent.node_id {
            self.context.database.set_node_error(node_id, sentence).await?;
        }
        Ok(())
    }
}

fn refused(answer: SendAnswer, words: &str) -> String {
    match answer {
        SendAnswer::NoFunds => {
            "the registrar's account has too little ether for the transaction: send it some; it goes on by itself".to_owned()
        }
        SendAnswer::FeeCap => {
            format!("the RPC endpoint's own fee cap refuses the transaction (\"{words}\"): raise it there, or lower ours")
        }
        SendAnswer::Full => "the RPC endpoint's transaction pool is full; trying again".to_owned(),
        _ => format!("the RPC endpoint refuses the transaction (\"{words}\"); trying again"),
    }
}
