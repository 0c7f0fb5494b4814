//! Sending what is committed, and what an answer means.

use std::time::Instant;

use linkpool_chain::SendAnswer;
use linkpool_db::tx::{Attempt, NonceReservation};

use super::{
    TxManager,
    sign::{Purpose, Signed},
    tick::Tick,
};
use crate::{Result, failpoint};

/// Which transaction a log line is about, whoever writes it.
pub(super) fn span(reservation: &NonceReservation) -> tracing::Span {
    tracing::info_span!("transaction", request = reservation.request.id, nonce = reservation.nonce)
}

impl TxManager {
    /// Signs, commits and sends. Where the caps forbid it, the last attempt is sent again, the reservation says so, and so does
    /// the answer to `operator_request`.
    pub(super) async fn sign_and_send(
        &mut self,
        tick: &Tick,
        reservation: &NonceReservation,
        purpose: Purpose,
        operator_request: Option<i64>,
    ) -> Result<()> {
        let signed = self.sign(tick, reservation, purpose, operator_request).await?;
        self.underpriced.remove(&reservation.nonce);
        self.invalid.remove(&reservation.nonce);
        let trouble = match signed {
            Signed::Committed(attempt) => self.send(tick, reservation, &attempt).await?,
            Signed::Late => return Ok(()),
            Signed::TooDear(sentence) => {
                if let Some(operator_request) = operator_request {
                    self.sender.database.answer_nonce_request(operator_request, &format!("not signed: {sentence}")).await?;
                }
                self.resend(tick, reservation).await?;
                Some(sentence)
            }
        };
        self.show(reservation, trouble.as_deref()).await
    }

    /// Sends the reservation's last attempt again, as it is, and tells why the reservation makes no progress, if it does not.
    pub(super) async fn resend(&mut self, tick: &Tick, reservation: &NonceReservation) -> Result<Option<String>> {
        match reservation.attempts.last() {
            Some(last) => self.send(tick, reservation, &last.clone()).await,
            None => Ok(None),
        }
    }

    async fn send(&mut self, tick: &Tick, reservation: &NonceReservation, attempt: &Attempt) -> Result<Option<String>> {
        self.sent.insert(attempt.hash, Instant::now());
        let outcome = self.sender.chain.send_raw(&attempt.raw).await;
        self.sender.failpoints.hit(failpoint::SENT)?;
        let head = tick.heads.head.number;
        let (answer, reason) = match outcome {
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
            SendAnswer::Accepted | SendAnswer::AlreadyKnown | SendAnswer::NonceUsed | SendAnswer::NonceGap => Ok(None),
            SendAnswer::ReplacementUnderpriced | SendAnswer::FeeTooLow => {
                self.underpriced.insert(reservation.nonce);
                Ok(reservation.trouble.clone())
            }
            SendAnswer::InsufficientFunds
            | SendAnswer::FeeCapExceeded
            | SendAnswer::PoolFull
            | SendAnswer::AccountBusy
            | SendAnswer::ExecutionReverted
            | SendAnswer::Invalid
            | SendAnswer::Unrecognized => {
                if matches!(answer, SendAnswer::Invalid | SendAnswer::ExecutionReverted) {
                    self.invalid.insert(reservation.nonce);
                }
                tracing::warn!(
                    nonce = reservation.nonce,
                    answer = answer.code(),
                    reason,
                    "an endpoint did not take a transaction"
                );
                Ok(Some(refused(answer, &reason)))
            }
        }
    }

    /// Shows why the nonce makes no progress; written only where it changes.
    pub(super) async fn show(&self, reservation: &NonceReservation, trouble: Option<&str>) -> Result<()> {
        if reservation.trouble.as_deref() == trouble {
            return Ok(());
        }
        Ok(self.sender.database.set_reservation_trouble(&self.sender.account, reservation, trouble).await?)
    }
}

fn refused(answer: SendAnswer, reason: &str) -> String {
    match answer {
        SendAnswer::InsufficientFunds => {
            "the account that sends has too little ether for the transaction: send it some; it goes on by itself".to_owned()
        }
        SendAnswer::FeeCapExceeded => {
            format!("the RPC endpoint's own fee cap refuses the transaction (\"{reason}\"): raise it there, or lower ours")
        }
        SendAnswer::PoolFull => "the RPC endpoint's mempool is full; trying again".to_owned(),
        SendAnswer::AccountBusy => {
            format!(
                "the RPC endpoint takes no more of the account until others of its transactions are mined (\"{reason}\"); trying again"
            )
        }
        SendAnswer::ExecutionReverted => {
            format!("the RPC endpoint says that the transaction reverts (\"{reason}\"); it is checked again and rebuilt")
        }
        SendAnswer::Invalid => format!("the RPC endpoint refuses the transaction for good (\"{reason}\"); it is rebuilt"),
        _ => format!("the RPC endpoint refuses the transaction (\"{reason}\"); trying again"),
    }
}
