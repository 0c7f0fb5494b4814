//! Giving out nonces: checked first, then counter, slot and intent in one transaction, then sent at once.

use std::time::Duration;

use linkpool_chain::Error as ChainError;
use linkpool_db::registrar::{Assignment, Intent, Reserve, Slot, SlotState};

use super::{Assigns, Pass, Transactor, sign::Purpose};
use crate::{
    Error, FailPoint, Result,
    duty::{self, Verdict},
    fee,
};

/// How long an intent waits while gas is too dear for the caps, or the account too poor.
const DEAR_RETRY: Duration = Duration::from_secs(5);

impl Transactor {
    pub(super) async fn assign(&mut self, pass: &Pass) -> Result<()> {
        let only = match self.assigns {
            Assigns::Nothing => return Ok(()),
            Assigns::Only(id) => Some(id),
            Assigns::All => None,
        };
        let (database, account, limits) = (self.sender.database.clone(), self.sender.account, self.sender.config.limits);
        let mut balance_wei = None;
        for intent in database.queued_intents(&account, only, limits.max_in_flight).await? {
            let admitted = match self.admit(pass, &intent).await {
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
            let Some((gas_limit, offer)) = admitted else { continue };
            let cost_wei = offer.max_fee_wei.saturating_mul(u128::from(gas_limit));
            let left_wei = match balance_wei {
                Some(known) => known,
                None => self.sender.chain.balance(account.address).await?,
            };
            let price_wei = intent.value_wei.saturating_add(cost_wei);
            balance_wei = Some(left_wei);
            if price_wei > left_wei {
                // With a nonce it would hold up whatever comes after it.
                let reason =
                    format!("the account that sends has {left_wei} wei left and this takes up to {price_wei}: send it some");
                database.set_intent_back(&intent, &reason, DEAR_RETRY).await?;
                continue;
            }
            let reserve = Reserve { intent: &intent, gas_limit, cost_wei, limits: &limits, lease: pass.lease.as_ref() };
            match database.reserve_nonce(&account, reserve).await? {
                Assignment::Nonce(nonce) => {
                    balance_wei = Some(left_wei - price_wei);
                    self.sender.failpoints.hit(FailPoint::Reserved)?;
                    let slot = Slot {
                        nonce,
                        state: SlotState::Reserved,
                        gas_limit,
                        intent,
                        trouble: None,
                        attempts: Vec::new(),
                        inclusion: None,
                    };
                    self.sign_and_send(pass, &slot, Purpose::Serve { gas_limit }, None).await?;
                }
                Assignment::Limited(limited) => database.set_intent_back(&intent, &limited.reason, limited.retry_in).await?,
                Assignment::Gone => {}
                Assignment::Full | Assignment::Fenced => break,
            }
        }
        Ok(())
    }

    /// The gas limit and first offer of an intent that may go now; what else there is to do with it is done.
    async fn admit(&mut self, pass: &Pass, intent: &Intent) -> Result<Option<(u64, fee::Offer)>> {
        let database = self.sender.database.clone();
        match duty::verdict(&self.sender, &pass.heads, intent).await? {
            Verdict::Ready { gas_limit } => {
                let market = self.market(pass).await?;
                if let Some(offer) = fee::first(market, self.sender.config.fees) {
                    return Ok(Some((gas_limit, offer)));
                }
                // Without a nonce: it would hold up whatever comes after it.
                database.set_intent_back(intent, &fee::beyond_caps(market), DEAR_RETRY).await?;
            }
            Verdict::Needless => database.intent_needless(intent).await?,
            Verdict::NotYet { reason, retry_in } => database.set_intent_back(intent, &reason, retry_in).await?,
            Verdict::Void { reason } => database.void_registration(intent, &reason).await?,
            Verdict::Refused { reason } => database.refuse_intent(intent, &reason).await?,
        }
        Ok(None)
    }
}
