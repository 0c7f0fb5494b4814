//! Giving out nonces: checked first, then counter, slot and intent in one transaction, then sent at once.

use std::time::Duration;

use linkpool_chain::{Error as ChainError, SendAnswer};
use linkpool_db::tx::{Assignment, Intent, Reserve, Slot, SlotState};

use super::{Assigns, TxManager, sign::Purpose, tick::Tick};
use crate::{
    Error, Result, Sender, failpoint, fee,
    preflight::{self, Verdict},
};

/// How long an intent waits while gas is too dear for the caps, or the account too poor.
const DEAR_RETRY: Duration = Duration::from_secs(5);

/// What may be sent: its gas limit and first offer, and what the account has left for it.
struct Admitted {
    gas_limit: u64,
    offer: fee::Offer,
    left_wei: u128,
}

impl TxManager {
    pub(super) async fn assign(&mut self, tick: &Tick) -> Result<()> {
        let only = match self.assigns {
            Assigns::Nothing => return Ok(()),
            Assigns::Only(id) => Some(id),
            Assigns::All => None,
        };
        let (database, account, limits) = (self.sender.database.clone(), self.sender.account, self.sender.config.limits);
        let mut balance_wei = None;
        for intent in database.queued_intents(&account, only, limits.max_in_flight).await? {
            let admitted = match self.admit(tick, &intent, &mut balance_wei).await {
                Err(Error::Chain(error)) => {
                    // Shown where it is asked for: `linkpool tx list`. The others may get on all the same.
                    database.set_intent_back(&intent, &error.to_string(), DEAR_RETRY).await?;
                    if matches!(error, ChainError::Unreachable { .. } | ChainError::RateLimited { .. }) {
                        // The next one would wait for the same.
                        return Err(error.into());
                    }
                    tracing::debug!(intent = intent.id, %error, "a transaction is not sent yet");
                    continue;
                }
                admitted => admitted?,
            };
            let Some(Admitted { gas_limit, offer, left_wei }) = admitted else { continue };
            let cost_wei = offer.max_fee_wei.saturating_mul(u128::from(gas_limit));
            let price_wei = intent.value_wei.saturating_add(cost_wei);
            if price_wei > left_wei {
                self.too_poor(&intent, left_wei, price_wei).await?;
                continue;
            }
            let reserve = Reserve { intent: &intent, gas_limit, cost_wei, limits: &limits };
            match database.reserve_nonce(&account, reserve).await? {
                Assignment::Nonce(nonce) => {
                    balance_wei = Some(left_wei - price_wei);
                    self.sender.failpoints.hit(failpoint::RESERVED)?;
                    let slot = Slot {
                        nonce,
                        state: SlotState::Reserved,
                        gas_limit,
                        intent,
                        trouble: None,
                        attempts: Vec::new(),
                        inclusion: None,
                    };
                    self.sign_and_send(tick, &slot, Purpose::Serve { gas_limit }, None).await?;
                }
                Assignment::Limited(limited) => database.set_intent_back(&intent, &limited.reason, limited.retry_in).await?,
                Assignment::Gone => {}
                Assignment::Full => break,
            }
        }
        Ok(())
    }

    /// Without a nonce: it would hold up whatever comes after it.
    async fn too_poor(&self, intent: &Intent, left_wei: u128, price_wei: u128) -> Result<()> {
        // As an endpoint would have answered: who watches for an account that can't pay need not know which of the two said so.
        metrics::counter!("linkpool_tx_sends_total", "answer" => SendAnswer::NoFunds.code()).increment(1);
        let reason = format!("the account that sends has {left_wei} wei left and this takes up to {price_wei}: send it some");
        Ok(self.sender.database.set_intent_back(intent, &reason, DEAR_RETRY).await?)
    }

    /// An intent that may go now; what else there is to do with it is done. The balance is asked for once a pass.
    async fn admit(&mut self, tick: &Tick, intent: &Intent, balance_wei: &mut Option<u128>) -> Result<Option<Admitted>> {
        let database = self.sender.database.clone();
        let left_wei = match *balance_wei {
            Some(known) => known,
            None => *balance_wei.insert(self.sender.chain.balance(self.sender.account.address).await?),
        };
        if intent.value_wei > left_wei {
            // Endpoints refuse to estimate what can't be paid, each in words of its own.
            self.too_poor(intent, left_wei, intent.value_wei).await?;
            return Ok(None);
        }
        let Sender { preflight, chain, account, .. } = &self.sender;
        match preflight::check(preflight.as_ref(), (chain, &tick.heads), account.address, intent).await? {
            Verdict::Ready { gas_limit } => {
                let market = self.market(tick).await?;
                if let Some(offer) = fee::first(market, self.sender.config.fees) {
                    return Ok(Some(Admitted { gas_limit, offer, left_wei }));
                }
                // Without a nonce: it would hold up whatever comes after it.
                database.set_intent_back(intent, &fee::beyond_caps(market), DEAR_RETRY).await?;
            }
            Verdict::AlreadyDone => database.intent_needless(intent).await?,
            Verdict::Deferred { reason, retry_in } => database.set_intent_back(intent, &reason, retry_in).await?,
            Verdict::Expired { reason } => database.void_registration(intent, &reason).await?,
            Verdict::Refused { reason } => database.refuse_intent(intent, &reason).await?,
        }
        Ok(None)
    }
}
