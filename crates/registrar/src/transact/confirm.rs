//! Looking at every open nonce: where its attempts stand, and what follows.

use std::{collections::HashMap, time::Duration};

use linkpool_chain::Receipt;
use linkpool_db::registrar::{Inclusion, IntentKind, Slot, SlotState};
use linkpool_primitives::B256;

use super::{
    Pass, Transactor,
    step::{Evidence, Patience, Step, next_step},
};
use crate::{FailPoint, Result};

/// Blocks, and time, after which the same bytes are sent again: pools forget, and sending again costs nothing.
const RESEND_AFTER_BLOCKS: u64 = 2;
const RESEND_AFTER: Duration = Duration::from_secs(10);

/// How long a node waits after its registration reverted: the reason may be a limit that opens with time.
const REVERTED_RETRY: Duration = Duration::from_secs(15);

impl Transactor {
    pub(super) async fn confirm(&mut self, pass: &Pass) -> Result<()> {
        let mut slots = self.context.database.open_slots(&self.context.account).await?;
        self.forget_settled(&slots);
        let head = Some(pass.heads.head.hash);
        if self.confirmed == head {
            // What is mined changes only with the head, and there may be hundreds that wait for finality.
            slots.retain(|slot| slot.state != SlotState::Mined);
        }
        let receipts = self.receipts(&slots).await?;
        let final_nonce = self.final_nonce(pass, &slots, &receipts).await?;
        let patience = Patience {
            replace_after_blocks: self.context.config.replace_after_blocks,
            resend_after_blocks: RESEND_AFTER_BLOCKS,
            resend_after: RESEND_AFTER,
        };
        // From the lowest nonce up: a higher one can't be mined before it.
        for slot in &slots {
            let found: Vec<Receipt> = slot.attempts.iter().filter_map(|attempt| receipts.get(&attempt.hash).copied()).collect();
            let evidence = Evidence {
                heads: &pass.heads,
                receipts: &found,
                nonce: pass.nonce,
                final_nonce,
                idle: slot.attempts.last().and_then(|last| self.sent.get(&last.hash)).map(std::time::Instant::elapsed),
                outbid: self.outbid.contains(&slot.nonce),
            };
            self.take(pass, slot, next_step(slot, &evidence, &patience)).await?;
        }
        self.confirmed = head;
        Ok(())
    }

    async fn take(&mut self, pass: &Pass, slot: &Slot, step: Step) -> Result<()> {
        let (database, account) = (self.context.database.clone(), self.context.account);
        match step {
            Step::Wait => Ok(()),
            Step::Sign | Step::Replace => self.sign_and_send(pass, slot).await,
            Step::Resend => self.send_last(pass, slot).await,
            Step::Include(inclusion) => self.include(slot, &inclusion).await,
            Step::Finish => Ok(database.slot_final(&account, slot).await?),
            Step::Reopen => self.reopen(pass, slot).await,
            Step::GiveUp => {
                tracing::error!(
                    nonce = slot.nonce,
                    "a transaction that is not ours has used the nonce: somebody else has the registrar's key"
                );
                Ok(database.slot_foreign(&account, slot).await?)
            }
        }
    }

    /// The receipt is gone. If the block is still canonical, the endpoint only lacks its receipts at the moment.
    async fn reopen(&self, pass: &Pass, slot: &Slot) -> Result<()> {
        if let Some(inclusion) = &slot.inclusion {
            // A block that the endpoint does not have proves nothing; only another one in its place does, or a shorter chain.
            let header = self.context.chain.header(inclusion.block_number).await?;
            let is_replaced = header.as_ref().is_some_and(|header| header.block.hash != inclusion.block_hash);
            if !is_replaced && (header.is_some() || pass.heads.head.number >= inclusion.block_number) {
                return Ok(());
            }
        }
        tracing::warn!(nonce = slot.nonce, "a reorg removed a transaction; its bytes are sent again");
        let (account, why) = (&self.context.account, "a reorg removed the transaction");
        Ok(self.context.database.reopen_slots(account, &[slot.nonce], pass.heads.head.number, why).await?)
    }

    async fn include(&mut self, slot: &Slot, inclusion: &Inclusion) -> Result<()> {
        self.context.failpoints.hit(FailPoint::Seen)?;
        self.outbid.remove(&slot.nonce);
        let what = if slot.intent.kind == IntentKind::Register { "registration" } else { "funding" };
        let reason = format!("the {what} in block {} reverted; it is checked and sent again", inclusion.block_number);
        self.context.database.slot_mined(&self.context.account, slot, inclusion, &reason, REVERTED_RETRY).await?;
        self.context.failpoints.hit(FailPoint::Mined)
    }

    async fn receipts(&self, slots: &[Slot]) -> Result<HashMap<B256, Receipt>> {
        let hashes: Vec<B256> = slots.iter().flat_map(|slot| slot.attempts.iter().map(|attempt| attempt.hash)).collect();
        let found = self.context.chain.receipts(&hashes).await?;
        Ok(found.into_iter().flatten().map(|receipt| (receipt.transaction_hash, receipt)).collect())
    }

    /// The signer's nonce at the finalized block; asked for only where a nonce is used and no attempt of ours is in a block.
    async fn final_nonce(&self, pass: &Pass, slots: &[Slot], receipts: &HashMap<B256, Receipt>) -> Result<u64> {
        let strange = |slot: &&Slot| {
            slot.nonce < pass.nonce
                && slot.state != SlotState::Mined
                && slot.attempts.iter().all(|attempt| !receipts.contains_key(&attempt.hash))
        };
        if slots.iter().find(strange).is_none() {
            return Ok(0);
        }
        Ok(self.context.chain.nonce_at(self.context.account.address, pass.heads.finalized).await?)
    }

    /// Drops the memory of nonces that are open no more.
    fn forget_settled(&mut self, slots: &[Slot]) {
        let open = |hash: &B256| slots.iter().any(|slot| slot.attempts.last().is_some_and(|last| last.hash == *hash));
        self.sent.retain(|hash, _| open(hash));
        self.outbid.retain(|nonce| slots.iter().any(|slot| slot.nonce == *nonce));
    }
}
