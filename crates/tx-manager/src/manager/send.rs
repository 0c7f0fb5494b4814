//! Sending what is committed, and what an answer means.

use std::time::Instant;

use linkpool_chain::SendAnswer;
use linkpool_db::tx::{Attempt, Slot};

use super::{
    TxManager,
    sign::{Purpose, Signed},
    tick::Tick,
};
use crate::{Result, failpoint};

impl TxManager {
    /// Signs, commits and sends. Where the caps forbid it, the last attempt is sent again, the slot says so, and so does the
    /// answer to `request`.
    pub(super) async fn sign_and_send(&mut self, tick: &Tick, slot: &Slot, purpose: Purpose, request: Option<i64>) -> Result<()> {
        let signed = self.sign(tick, slot, purpose, request).await?;
        self.outbid.remove(&slot.nonce);
        self.invalid.remove(&slot.nonce);
        let trouble = match signed {
            Signed::Committed(attempt) => self.send(tick, slot, &attempt).await?,
            Signed::Late => return Ok(()),
            Signed::TooDear(sentence) => {
                if let Some(request) = request {
                    self.sender.database.answer_request(request, &format!("not signed: {sentence}")).await?;
                }
                self.resend(tick, slot).await?;
                Some(sentence)
            }
        };
        self.show(slot, trouble.as_deref()).await
    }

    /// Sends the slot's last attempt again, as it is, and tells why the slot does not get on, if it does not.
    pub(super) async fn resend(&mut self, tick: &Tick, slot: &Slot) -> Result<Option<String>> {
        match slot.attempts.last() {
            Some(last) => self.send(tick, slot, &last.clone()).await,
            None => Ok(None),
        }
    }

    async fn send(&mut self, tick: &Tick, slot: &Slot, attempt: &Attempt) -> Result<Option<String>> {
        self.sent.insert(attempt.hash, Instant::now());
        let outcome = self.sender.chain.send_raw(&attempt.raw).await;
        self.sender.failpoints.hit(failpoint::SENT)?;
        let head = tick.heads.head.number;
        let (answer, words) = match outcome {
            Ok(answer) => answer,
            Err(error) => {
                // It may have arrived: the same bytes are sent again until a receipt shows.
                metrics::counter!("linkpool_tx_sends_total", "answer" => "no_answer").increment(1);
                self.sender.database.record_send(&attempt.hash, head, "no_answer").await?;
                return Ok(Some(error.to_string()));
            }
        };
        metrics::counter!("linkpool_tx_sends_total", "answer" => answer.code()).increment(1);
        self.sender.database.record_send(&attempt.hash, head, answer.code()).await?;
        match answer {
            SendAnswer::Accepted | SendAnswer::Known | SendAnswer::NonceUsed | SendAnswer::Gap => Ok(None),
            SendAnswer::Underpriced | SendAnswer::FeeTooLow => {
                self.outbid.insert(slot.nonce);
                Ok(slot.trouble.clone())
            }
            SendAnswer::NoFunds | SendAnswer::FeeCap | SendAnswer::Full | SendAnswer::Invalid | SendAnswer::Unclear => {
                if answer == SendAnswer::Invalid {
                    self.invalid.insert(slot.nonce);
                }
                tracing::warn!(nonce = slot.nonce, answer = answer.code(), words, "an endpoint did not take a transaction");
                Ok(Some(refused(answer, &words)))
            }
        }
    }

    /// Shows why the nonce does not get on; written only where it changes.
    pub(super) async fn show(&self, slot: &Slot, trouble: Option<&str>) -> Result<()> {
        if slot.trouble.as_deref() == trouble {
            return Ok(());
        }
        Ok(self.sender.database.set_slot_trouble(&self.sender.account, slot, trouble).await?)
    }
}

fn refused(answer: SendAnswer, words: &str) -> String {
    match answer {
        SendAnswer::NoFunds => {
            "the account that sends has too little ether for the transaction: send it some; it goes on by itself".to_owned()
        }
        SendAnswer::FeeCap => {
            format!("the RPC endpoint's own fee cap refuses the transaction (\"{words}\"): raise it there, or lower ours")
        }
        SendAnswer::Full => "the RPC endpoint's transaction pool is full; trying again".to_owned(),
        SendAnswer::Invalid => format!("the RPC endpoint refuses the transaction for good (\"{words}\"); it is built anew"),
        _ => format!("the RPC endpoint refuses the transaction (\"{words}\"); trying again"),
    }
}
