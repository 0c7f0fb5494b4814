//! Looking at every open nonce: where its attempts stand, and what follows.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use linkpool_chain::{Draft, Error as ChainError, Receipt};
use linkpool_contracts::refusal;
use linkpool_db::tx::{Inclusion, Slot, SlotAction, SlotRequest, SlotState};
use linkpool_primitives::B256;

use super::{
    TxManager,
    sign::Purpose,
    step::{Evidence, Patience, RESEND_AFTER, RESEND_AFTER_BLOCKS, Step, next_step},
    tick::Tick,
};
use crate::{Error, Result, failpoint, preflight::with_margin};

/// How long a node waits after its registration reverted: the reason may be a limit that opens with time.
const REVERTED_RETRY: Duration = Duration::from_secs(15);

impl TxManager {
    pub(super) async fn confirm(&mut self, tick: &Tick) -> Result<()> {
        let mut slots = self.sender.database.open_slots(&self.sender.account).await?;
        let requests = self.requests(&slots).await?;
        self.forget_settled(&slots);
        let head = Some(tick.heads.head.hash);
        if self.confirmed == head {
            // What is mined changes only with the head, and there may be hundreds that wait for finality.
            slots.retain(|slot| slot.state != SlotState::Mined);
        }
        let receipts = self.receipts(&slots).await?;
        self.lacks_receipt = slots.iter().any(|slot| is_strange(slot, tick, &receipts));
        let final_nonce = if self.lacks_receipt { self.final_nonce(tick).await? } else { 0 };
        let config = &self.sender.config;
        let patience = Patience {
            replace_after_blocks: config.replace_after_blocks,
            max_replacements: config.max_replacements,
            foreign: config.foreign_patience,
            resend_after_blocks: RESEND_AFTER_BLOCKS,
            resend_after: RESEND_AFTER,
        };
        let mut settled = head;
        // From the lowest nonce up: a higher one can't be mined before it.
        for slot in &slots {
            let found: Vec<Receipt> = slot.attempts.iter().filter_map(|attempt| receipts.get(&attempt.hash).copied()).collect();
            let request = requests.get(&slot.nonce).copied();
            let evidence = Evidence {
                heads: &tick.heads,
                receipts: &found,
                nonce: tick.nonce,
                final_nonce,
                idle: slot.attempts.last().and_then(|last| self.sent.get(&last.hash)).map(Instant::elapsed),
                outbid: self.outbid.contains(&slot.nonce),
                invalid: self.invalid.contains(&slot.nonce),
                strange: self.strange(slot, final_nonce, found.is_empty()),
                request: request.map(|request| request.action),
            };
            let step = next_step(slot, &evidence, &patience);
            if matches!(step, Step::Include(_)) {
                // Its block may be final at this very head: one that was looked for late.
                settled = None;
            }
            let taken = self.take(tick, slot, step, request).await;
            if let Err(Error::Chain(error)) = &taken {
                // Whoever asks for the transaction is told why it does not get on, not only who reads the log.
                self.show(slot, Some(&error.to_string())).await?;
            }
            taken?;
        }
        self.confirmed = settled;
        Ok(())
    }

    async fn take(&mut self, tick: &Tick, slot: &Slot, step: Step, request: Option<SlotRequest>) -> Result<()> {
        let (database, account) = (self.sender.database.clone(), self.sender.account);
        let bump = request.filter(|request| request.action == SlotAction::Bump).map(|request| request.id);
        let cancel = request.filter(|request| request.action == SlotAction::Cancel).map(|request| request.id);
        match step {
            Step::Wait => self.answer_cancelled(slot, request).await,
            Step::Sign => self.sign_and_send(tick, slot, self.purpose_now(slot).await, None).await,
            Step::Replace => self.sign_and_send(tick, slot, self.purpose_now(slot).await, bump).await,
            Step::Cancel => self.sign_and_send(tick, slot, Purpose::Cancel, cancel).await,
            Step::Rebuild => self.rebuild(tick, slot).await,
            Step::Resend => {
                let trouble = self.resend(tick, slot).await?;
                if let Some(request) = request.filter(|request| request.action == SlotAction::Resend) {
                    let answer = trouble.as_deref().unwrap_or("sent again");
                    database.answer_request(request.id, answer).await?;
                }
                self.show(slot, trouble.as_deref()).await
            }
            Step::ResendStuck => {
                let trouble = self.resend(tick, slot).await?.unwrap_or_default();
                let stuck = format!("stuck after {} attempts: `linkpool tx bump` or `tx cancel`. {trouble}", slot.attempts.len());
                self.show(slot, Some(stuck.trim_end())).await
            }
            Step::Include(inclusion) => self.include(slot, &inclusion).await,
            Step::Finish => Ok(database.slot_final(&account, slot).await?),
            Step::Reopen => self.reopen(tick, slot).await,
            Step::GiveUp => self.give_up(slot).await,
        }
    }

    /// Something used the nonce, and it is none of ours, unless a single endpoint says that it is.
    async fn give_up(&mut self, slot: &Slot) -> Result<()> {
        self.strange.remove(&slot.nonce);
        let hashes: Vec<B256> = slot.attempts.iter().map(|attempt| attempt.hash).collect();
        if !hashes.is_empty() && self.sender.chain.seen_anywhere(&hashes).await? {
            return self.show(slot, Some("the endpoints do not agree whether it is mined; it is waited for")).await;
        }
        tracing::error!(
            nonce = slot.nonce,
            "a transaction that is not ours has used the nonce: somebody else has the key, or the database is an old copy"
        );
        Ok(self.sender.database.slot_foreign(&self.sender.account, slot).await?)
    }

    /// What the next attempt is for, with the gas that it takes by now. Between two attempts the state changes, and once in a while the
    /// chain's prices do: a limit from before runs out of gas after it. Never less than before, because what is not used is not paid.
    async fn purpose_now(&self, slot: &Slot) -> Purpose {
        let purpose = Purpose::of(slot);
        let Purpose::Serve { gas_limit } = purpose else { return purpose };
        let (intent, from) = (&slot.intent, self.sender.account.address);
        let draft = Draft { from, to: intent.recipient, value_wei: intent.value_wei, data: &intent.data };
        match self.sender.chain.estimate_gas(draft).await {
            Ok(gas) => Purpose::Serve { gas_limit: with_margin(gas).max(gas_limit) },
            // As things stand it would fail, perhaps only until an earlier nonce is mined; or nobody answers.
            Err(error) => {
                tracing::debug!(nonce = slot.nonce, %error, "a transaction is signed anew with the gas of its last attempt");
                purpose
            }
        }
    }

    /// The attempt can't be taken as it is: its gas limit no longer fits, or what it asks for can't succeed any more. The nonce
    /// is taken, so one or the other way something must use it.
    async fn rebuild(&mut self, tick: &Tick, slot: &Slot) -> Result<()> {
        let (intent, from) = (&slot.intent, self.sender.account.address);
        let draft = Draft { from, to: intent.recipient, value_wei: intent.value_wei, data: &intent.data };
        let purpose = match self.sender.chain.estimate_gas(draft).await {
            Ok(gas) => Purpose::Serve { gas_limit: with_margin(gas) },
            Err(ChainError::Reverted { message, .. }) => {
                if !self.would_revert(slot).await? {
                    // The estimate counts what waits in the pool, and there it may be itself.
                    self.invalid.remove(&slot.nonce);
                    let trouble = self.resend(tick, slot).await?;
                    return self.show(slot, trouble.as_deref()).await;
                }
                tracing::warn!(
                    nonce = slot.nonce,
                    message,
                    "what the nonce was for can't succeed any more; it is used up for nothing"
                );
                Purpose::Cancel
            }
            Err(error) => return Err(error.into()),
        };
        self.sign_and_send(tick, slot, purpose, None).await
    }

    /// Whether the call fails on the newest block, without what waits to be mined.
    async fn would_revert(&self, slot: &Slot) -> Result<bool> {
        // There is no state that a contract's making could be refused for and a payment's could not.
        let Some(to) = slot.intent.recipient else { return Ok(true) };
        match self.sender.chain.simulate(self.sender.account.address, to, slot.intent.data.clone()).await {
            Ok(_) => Ok(false),
            Err(ChainError::Reverted { .. }) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// The receipt is gone. If the block is still canonical, the endpoint only lacks its receipts at the moment.
    async fn reopen(&self, tick: &Tick, slot: &Slot) -> Result<()> {
        if let Some(inclusion) = &slot.inclusion {
            // A block that the endpoint does not have proves nothing; only another one in its place does, or a shorter chain.
            let header = self.sender.chain.header(inclusion.block_number).await?;
            let is_replaced = header.as_ref().is_some_and(|header| header.block.hash != inclusion.block_hash);
            if !is_replaced && (header.is_some() || tick.heads.head.number >= inclusion.block_number) {
                return Ok(());
            }
        }
        metrics::counter!("linkpool_tx_reorged_total").increment(1);
        tracing::warn!(nonce = slot.nonce, "a reorg removed a transaction; its bytes are sent again");
        let (account, why) = (&self.sender.account, "a reorg removed the transaction");
        Ok(self.sender.database.reopen_slots(account, &[slot.nonce], tick.heads.head.number, why).await?)
    }

    async fn include(&mut self, slot: &Slot, inclusion: &Inclusion) -> Result<()> {
        self.sender.failpoints.hit(failpoint::SEEN)?;
        self.outbid.remove(&slot.nonce);
        let cancels = slot.attempts.iter().any(|attempt| attempt.hash == inclusion.transaction_hash && attempt.cancels);
        let reason = match (inclusion.succeeded, cancels) {
            (_, true) => "it could not be sent any more, and its nonce was used up for nothing".to_owned(),
            (true, false) => String::new(),
            (false, false) => self.why_reverted(slot, inclusion).await,
        };
        self.sender.database.slot_mined(&self.sender.account, slot, inclusion, &reason, REVERTED_RETRY).await?;
        self.sender.failpoints.hit(failpoint::MINED)
    }

    /// A sentence. A receipt has no reason, so the call is tried again now; what it says then is most often the same.
    async fn why_reverted(&self, slot: &Slot, inclusion: &Inclusion) -> String {
        let what = format!("the {} in block {} reverted", slot.intent.kind, inclusion.block_number);
        let Some(to) = slot.intent.recipient else { return what };
        match self.sender.chain.simulate(self.sender.account.address, to, slot.intent.data.clone()).await {
            Err(ChainError::Reverted { message, data }) => {
                format!("{what}: {}", refusal(&data).map_or(message, |(_, sentence)| sentence))
            }
            _ => what,
        }
    }

    async fn receipts(&self, slots: &[Slot]) -> Result<HashMap<B256, Receipt>> {
        let hashes: Vec<B256> = slots.iter().flat_map(|slot| slot.attempts.iter().map(|attempt| attempt.hash)).collect();
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
    fn strange(&mut self, slot: &Slot, final_nonce: u64, no_receipt: bool) -> Option<Duration> {
        if final_nonce <= slot.nonce || slot.state == SlotState::Mined || !no_receipt {
            self.strange.remove(&slot.nonce);
            return None;
        }
        Some(self.strange.entry(slot.nonce).or_insert_with(Instant::now).elapsed())
    }

    /// The oldest request of each open nonce, but a wish to cancel before all others: after them it might be too late. Those of
    /// nonces that are settled are answered.
    async fn requests(&self, slots: &[Slot]) -> Result<HashMap<u64, SlotRequest>> {
        let mut requests = HashMap::new();
        for request in self.sender.database.open_slot_requests(&self.sender.account).await? {
            let slot = slots.iter().find(|slot| slot.nonce == request.nonce);
            if slot.is_some_and(|slot| slot.state != SlotState::Mined) {
                let first = requests.entry(request.nonce).or_insert(request);
                if request.action == SlotAction::Cancel {
                    *first = request;
                }
            } else {
                self.sender.database.answer_request(request.id, "too late: the nonce is mined").await?;
            }
        }
        Ok(requests)
    }

    /// A wish to cancel that was fulfilled before this process could say so.
    async fn answer_cancelled(&self, slot: &Slot, request: Option<SlotRequest>) -> Result<()> {
        let cancels = slot.attempts.last().is_some_and(|last| last.cancels);
        match request {
            Some(request) if request.action == SlotAction::Cancel && cancels => {
                let answer = "one that uses the nonce up for nothing is on its way already";
                Ok(self.sender.database.answer_request(request.id, answer).await?)
            }
            _ => Ok(()),
        }
    }

    /// Drops the memory of nonces that are open no more.
    fn forget_settled(&mut self, slots: &[Slot]) {
        let open = |hash: &B256| slots.iter().any(|slot| slot.attempts.last().is_some_and(|last| last.hash == *hash));
        self.sent.retain(|hash, _| open(hash));
        let is_open = |nonce: &u64| slots.iter().any(|slot| slot.nonce == *nonce);
        self.outbid.retain(is_open);
        self.invalid.retain(is_open);
        self.strange.retain(|nonce, _| is_open(nonce));
    }
}

/// Whether the nonce is used, and no attempt of ours is in a block.
fn is_strange(slot: &Slot, tick: &Tick, receipts: &HashMap<B256, Receipt>) -> bool {
    slot.nonce < tick.nonce
        && slot.state != SlotState::Mined
        && slot.attempts.iter().all(|attempt| !receipts.contains_key(&attempt.hash))
}
