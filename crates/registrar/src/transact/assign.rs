//! Giving out nonces: checked first, then counter, slot and intent in one transaction, then sent at once.

use linkpool_db::{
    lease::Lease,
    registrar::{Assignment, Intent, Reserve, Slot, SlotState},
};

use super::{Pass, Transactor, check::Verdict};
use crate::{FailPoint, Result};

impl Transactor {
    pub(super) async fn assign(&mut self, pass: &Pass, lease: Option<&Lease>) -> Result<()> {
        let max_in_flight = self.context.config.max_in_flight;
        for intent in self.context.database.queued_intents(&self.context.account, max_in_flight).await? {
            let Some(gas_limit) = self.admit(pass, &intent).await? else { continue };
            let reserve = Reserve { intent_id: intent.id, gas_limit, max_in_flight, lease };
            match self.context.database.reserve_nonce(&self.context.account, reserve).await? {
                Assignment::Nonce(nonce) => {
                    self.context.failpoints.hit(FailPoint::Reserved)?;
                    let slot =
                        Slot { nonce, state: SlotState::Reserved, gas_limit, intent, attempts: Vec::new(), inclusion: None };
                    self.sign_and_send(pass, &slot).await?;
                }
                Assignment::Gone => {}
                Assignment::Full | Assignment::Fenced => break,
            }
        }
        Ok(())
    }

    /// The gas limit of an intent that may go now; what else there is to do with it is done.
    async fn admit(&self, pass: &Pass, intent: &Intent) -> Result<Option<u64>> {
        let database = &self.context.database;
        match self.check(pass, intent).await? {
            Verdict::Ready { gas_limit } => return Ok(Some(gas_limit)),
            Verdict::Needless => database.intent_needless(intent).await?,
            Verdict::NotYet { reason, retry_in } => database.set_intent_back(intent, &reason, retry_in).await?,
            Verdict::Void { reason } => database.void_registration(intent, &reason).await?,
        }
        Ok(None)
    }
}
