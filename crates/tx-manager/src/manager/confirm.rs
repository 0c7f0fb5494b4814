//! Looking at every open nonce: where its attempts stand, and what follows.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use linkpool_chain::{Draft, Error as ChainError, Receipt};
use linkpool_contracts::refusal;
use linkpool_db::tx::{NonceAction, NonceRequest, NonceReservation, NonceState};
use linkpool_primitives::B256;
use tracing::Instrument as _;

use super::{
    TxManager,
    send::span,
    sign::Purpose,
    step::{Evidence, Patience, RESEND_AFTER_BLOCKS, RESEND_DELAY, Step, next_step},
    tick::Tick,
};
use crate::{Error, Result, failpoint, preflight::with_margin};

/// How long a node waits after its registration reverted: the reason may be a limit that opens with time.
const REVERTED_DELAY: Duration = Duration::from_secs(15);

impl TxManager {
    pub(super) async fn confirm(&mut self, tick: &Tick) -> Result<()> {
        let mut reservations = self.sender.database.open_reservations(&self.sender.account).await?;
        let operator_requests = self.operator_requests(&reservations).await?;
        self.forget_settled(&reservations);
        let head = Some(tick.heads.head.hash);
        if self.confirmed == head {
            // What is mined changes only with the head, and there may be hundreds that wait for finality.
            reservations.retain(|reservation| reservation.state != NonceState::Mined);
        }
        let receipts = self.receipts(&reservations).await?;
        self.lacks_receipt = reservations.iter().any(|reservation| is_unknown(reservation, tick, &receipts));
        let final_nonce = if self.lacks_receipt { self.final_nonce(tick).await? } else { 0 };
        let config = &self.sender.config;
        let patience = Patience {
            replace_after_blocks: config.replace_after_blocks,
            max_replacements: config.max_replacements,
            used_elsewhere: config.used_elsewhere_patience,
            resend_after_blocks: RESEND_AFTER_BLOCKS,
            resend_after: RESEND_DELAY,
        };
        let mut settled = head;
        // From the lowest nonce up: a higher one can't be mined before it.
        for reservation in &reservations {
            let found: Vec<Receipt> =
                reservation.attempts.iter().filter_map(|attempt| receipts.get(&attempt.hash).copied()).collect();
            let operator_request = operator_requests.get(&reservation.nonce).copied();
            let evidence = Evidence {
                heads: &tick.heads,
                receipts: &found,
                nonce: tick.nonce,
                final_nonce,
                idle: reservation.attempts.last().and_then(|last| self.sent.get(&last.hash)).map(Instant::elapsed),
                underpriced: self.underpriced.contains(&reservation.nonce),
                invalid: self.invalid.contains(&reservation.nonce),
                unknown_for: self.unknown_for(reservation, final_nonce, found.is_empty()),
                operator_request: operator_request.map(|operator_request| operator_request.action),
            };
            let step = next_step(reservation, &evidence, &patience);
            if matches!(step, Step::Record(_)) {
                // Its block may be final at this very head: one that was looked for late.
                settled = None;
            }
            let taken = self.take(tick, reservation, step, operator_request).instrument(span(reservation)).await;
            if let Err(error @ (Error::Chain(_) | Error::Signer(_))) = &taken {
                // Whoever asks for the transaction is told why it makes no progress, not only who reads the log.
                self.show(reservation, Some(&error.to_string())).await?;
            }
            taken?;
        }
        self.confirmed = settled;
        Ok(())
    }

    async fn take(
        &mut self,
        tick: &Tick,
        reservation: &NonceReservation,
        step: Step,
        operator_request: Option<NonceRequest>,
    ) -> Result<()> {
        let (database, account) = (self.sender.database.clone(), self.sender.account);
        let bump = operator_request
            .filter(|operator_request| operator_request.action == NonceAction::Bump)
            .map(|operator_request| operator_request.id);
        let cancel = operator_request
            .filter(|operator_request| operator_request.action == NonceAction::Cancel)
            .map(|operator_request| operator_request.id);
        match step {
            Step::Wait => self.answer_cancelled(reservation, operator_request).await,
            Step::Sign => self.sign_and_send(tick, reservation, self.purpose_now(reservation).await, None).await,
            Step::Replace => self.sign_and_send(tick, reservation, self.purpose_now(reservation).await, bump).await,
            Step::Cancel => self.sign_and_send(tick, reservation, Purpose::Cancel, cancel).await,
            Step::Rebuild => self.rebuild(tick, reservation).await,
            Step::Resend => {
                let trouble = self.resend(tick, reservation).await?;
                if let Some(operator_request) =
                    operator_request.filter(|operator_request| operator_request.action == NonceAction::Resend)
                {
                    let answer = trouble.as_deref().unwrap_or("sent again");
                    database.answer_nonce_request(operator_request.id, answer).await?;
                }
                self.show(reservation, trouble.as_deref()).await
            }
            Step::ResendStuck => {
                let trouble = self.resend(tick, reservation).await?.unwrap_or_default();
                let stuck =
                    format!("stuck after {} attempts: `linkpool tx bump` or `tx cancel`. {trouble}", reservation.attempts.len());
                self.show(reservation, Some(stuck.trim_end())).await
            }
            Step::Record(receipt) => self.record_receipt(reservation, &receipt).await,
            Step::Finish => Ok(database.record_final(&account, reservation).await?),
            Step::Reopen => self.reopen(tick, reservation).await,
            Step::GiveUp => self.give_up(reservation).await,
        }
    }

    /// Something used the nonce, and it is none of ours, unless a single endpoint says that it is.
    async fn give_up(&mut self, reservation: &NonceReservation) -> Result<()> {
        self.unknown_nonces.remove(&reservation.nonce);
        let hashes: Vec<B256> = reservation.attempts.iter().map(|attempt| attempt.hash).collect();
        if !hashes.is_empty() && self.sender.chain.seen_anywhere(&hashes).await? {
            return self.show(reservation, Some("the endpoints do not agree whether it is mined; it is waited for")).await;
        }
        tracing::error!(
            nonce = reservation.nonce,
            "a transaction that is not ours has used the nonce: somebody else has the key, or the database is an old copy"
        );
        Ok(self.sender.database.record_used_elsewhere(&self.sender.account, reservation).await?)
    }

    /// What the next attempt is for, with the gas that it takes by now. Between two attempts the state changes, and once in a while the
    /// chain's prices do: a limit from before runs out of gas after it. Never less than before, because what is not used is not paid.
    async fn purpose_now(&self, reservation: &NonceReservation) -> Purpose {
        let purpose = Purpose::of(reservation);
        let Purpose::Serve { gas_limit } = purpose else { return purpose };
        let (request, from) = (&reservation.request, self.sender.account.address);
        let draft = Draft { from, to: request.recipient, value_wei: request.value_wei, data: &request.data };
        match self.sender.chain.estimate_gas(draft).await {
            Ok(gas) => Purpose::Serve { gas_limit: with_margin(gas).max(gas_limit) },
            // As things stand it would fail, perhaps only until an earlier nonce is mined; or nobody answers.
            Err(error) => {
                tracing::debug!(nonce = reservation.nonce, %error, "a transaction is signed again with the gas of its last attempt");
                purpose
            }
        }
    }

    /// The attempt can't be taken as it is: its gas limit no longer fits, or what it asks for can't succeed any more. The nonce
    /// is taken, so one or the other way something must use it.
    async fn rebuild(&mut self, tick: &Tick, reservation: &NonceReservation) -> Result<()> {
        let (request, from) = (&reservation.request, self.sender.account.address);
        let draft = Draft { from, to: request.recipient, value_wei: request.value_wei, data: &request.data };
        let purpose = match self.sender.chain.estimate_gas(draft).await {
            Ok(gas) => Purpose::Serve { gas_limit: with_margin(gas) },
            Err(ChainError::Reverted { message, .. }) => {
                if !self.would_revert(reservation).await? {
                    // The estimate counts what waits in the pool, and there it may be itself.
                    self.invalid.remove(&reservation.nonce);
                    let trouble = self.resend(tick, reservation).await?;
                    return self.show(reservation, trouble.as_deref()).await;
                }
                tracing::warn!(
                    nonce = reservation.nonce,
                    message,
                    "what the nonce was for can't succeed any more; it is used up for nothing"
                );
                Purpose::Cancel
            }
            Err(error) => return Err(error.into()),
        };
        self.sign_and_send(tick, reservation, purpose, None).await
    }

    /// Whether the call fails on the newest block, without what waits to be mined.
    async fn would_revert(&self, reservation: &NonceReservation) -> Result<bool> {
        // There is no state that a contract's making could be refused for and a payment's could not.
        let Some(to) = reservation.request.recipient else { return Ok(true) };
        match self.sender.chain.simulate(self.sender.account.address, to, reservation.request.data.clone()).await {
            Ok(_) => Ok(false),
            Err(ChainError::Reverted { .. }) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// The receipt is gone. If the block is still canonical, the endpoint only lacks its receipts at the moment.
    async fn reopen(&self, tick: &Tick, reservation: &NonceReservation) -> Result<()> {
        if let Some(receipt) = &reservation.receipt {
            // A block that the endpoint does not have proves nothing; only another one in its place does, or a shorter chain.
            let header = self.sender.chain.header(receipt.block_number).await?;
            let is_replaced = header.as_ref().is_some_and(|header| header.block.hash != receipt.block_hash);
            if !is_replaced && (header.is_some() || tick.heads.head.number >= receipt.block_number) {
                return Ok(());
            }
        }
        metrics::counter!("linkpool_tx_reorged_total").increment(1);
        tracing::warn!(nonce = reservation.nonce, "a reorg removed a transaction; its bytes are sent again");
        let (account, why) = (&self.sender.account, "a reorg removed the transaction");
        Ok(self.sender.database.reopen_reservations(account, &[reservation.nonce], tick.heads.head.number, why).await?)
    }

    async fn record_receipt(&mut self, reservation: &NonceReservation, receipt: &Receipt) -> Result<()> {
        self.sender.failpoints.hit(failpoint::SEEN)?;
        self.underpriced.remove(&reservation.nonce);
        let cancels = reservation.attempts.iter().any(|attempt| attempt.hash == receipt.transaction_hash && attempt.cancels);
        let reason = match (receipt.succeeded, cancels) {
            (_, true) => "it could not be sent any more, and its nonce was used up for nothing".to_owned(),
            (true, false) => String::new(),
            (false, false) => self.why_reverted(reservation, receipt).await,
        };
        self.sender.database.record_mined(&self.sender.account, reservation, receipt, &reason, REVERTED_DELAY).await?;
        self.sender.failpoints.hit(failpoint::MINED)
    }

    /// A sentence. A receipt has no reason, so the call is tried again now; what it says then is most often the same.
    async fn why_reverted(&self, reservation: &NonceReservation, receipt: &Receipt) -> String {
        let what = format!("the {} in block {} reverted", reservation.request.kind, receipt.block_number);
        let Some(to) = reservation.request.recipient else { return what };
        match self.sender.chain.simulate(self.sender.account.address, to, reservation.request.data.clone()).await {
            Err(ChainError::Reverted { message, data }) => {
                format!("{what}: {}", refusal(&data).map_or(message, |(_, sentence)| sentence))
            }
            _ => what,
        }
    }

    async fn receipts(&self, reservations: &[NonceReservation]) -> Result<HashMap<B256, Receipt>> {
        let hashes: Vec<B256> =
            reservations.iter().flat_map(|reservation| reservation.attempts.iter().map(|attempt| attempt.hash)).collect();
        let found = self.sender.chain.receipts(&hashes).await?;
        Ok(found.into_iter().flatten().map(|receipt| (receipt.transaction_hash, receipt)).collect())
    }

    /// The signer's nonce at the final block.
    async fn final_nonce(&self, tick: &Tick) -> Result<u64> {
        match self.sender.chain.nonce_at(self.sender.account.address, tick.heads.finalized).await {
            // Finality stands still for longer than the endpoints remember: nothing is given up on what nobody knows.
            Err(error @ ChainError::Pruned { .. }) => {
                tracing::warn!(%error, "whether a nonce was used by somebody else can't be told yet");
                Ok(0)
            }
            nonce => Ok(nonce?),
        }
    }

    /// For how long the nonce has been used, finally, by nothing that is known here.
    fn unknown_for(&mut self, reservation: &NonceReservation, final_nonce: u64, no_receipt: bool) -> Option<Duration> {
        if final_nonce <= reservation.nonce || reservation.state == NonceState::Mined || !no_receipt {
            self.unknown_nonces.remove(&reservation.nonce);
            return None;
        }
        Some(self.unknown_nonces.entry(reservation.nonce).or_insert_with(Instant::now).elapsed())
    }

    /// The oldest request of each open nonce, but a request to cancel before all others: after them it might be too late. Those
    /// of nonces that are settled are answered.
    async fn operator_requests(&self, reservations: &[NonceReservation]) -> Result<HashMap<u64, NonceRequest>> {
        let mut operator_requests = HashMap::new();
        for operator_request in self.sender.database.open_nonce_requests(&self.sender.account).await? {
            let reservation = reservations.iter().find(|reservation| reservation.nonce == operator_request.nonce);
            if reservation.is_some_and(|reservation| reservation.state != NonceState::Mined) {
                let first = operator_requests.entry(operator_request.nonce).or_insert(operator_request);
                if operator_request.action == NonceAction::Cancel {
                    *first = operator_request;
                }
            } else {
                self.sender.database.answer_nonce_request(operator_request.id, "too late: the nonce is mined").await?;
            }
        }
        Ok(operator_requests)
    }

    /// A request to cancel that was fulfilled before this process could say so.
    async fn answer_cancelled(&self, reservation: &NonceReservation, operator_request: Option<NonceRequest>) -> Result<()> {
        let cancels = reservation.attempts.last().is_some_and(|last| last.cancels);
        match operator_request {
            Some(operator_request) if operator_request.action == NonceAction::Cancel && cancels => {
                let answer = "one that uses the nonce up for nothing is on its way already";
                Ok(self.sender.database.answer_nonce_request(operator_request.id, answer).await?)
            }
            _ => Ok(()),
        }
    }

    /// Drops the memory of nonces that are open no more.
    fn forget_settled(&mut self, reservations: &[NonceReservation]) {
        let open = |hash: &B256| {
            reservations.iter().any(|reservation| reservation.attempts.last().is_some_and(|last| last.hash == *hash))
        };
        self.sent.retain(|hash, _| open(hash));
        let is_open = |nonce: &u64| reservations.iter().any(|reservation| reservation.nonce == *nonce);
        self.underpriced.retain(is_open);
        self.invalid.retain(is_open);
        self.unknown_nonces.retain(|nonce, _| is_open(nonce));
    }
}

/// Whether the nonce is used, and no attempt of ours is in a block.
fn is_unknown(reservation: &NonceReservation, tick: &Tick, receipts: &HashMap<B256, Receipt>) -> bool {
    reservation.nonce < tick.nonce
        && reservation.state != NonceState::Mined
        && reservation.attempts.iter().all(|attempt| !receipts.contains_key(&attempt.hash))
}
