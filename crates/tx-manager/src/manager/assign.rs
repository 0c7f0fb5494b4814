//! Giving out nonces: checked first, then counter, reservation and transaction request in one transaction, then sent at once.

use std::time::Duration;

use linkpool_chain::{Error as ChainError, SendAnswer};
use linkpool_db::tx::{Assignment, NonceReservation, NonceState, Reserve, TransactionRequest};
use tracing::Instrument as _;

use super::{Assigns, TxManager, send::span, sign::Purpose, tick::Tick};
use crate::{
    Error, Result, Sender, failpoint, fee,
    preflight::{self, Verdict},
};

/// How long a transaction request waits while gas is too dear for the caps, or the account too poor.
const TOO_DEAR_DELAY: Duration = Duration::from_secs(5);

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
        for request in database.queued_requests(&account, only, limits.max_in_flight).await? {
            let admitted = match self.admit(tick, &request, &mut balance_wei).await {
                Err(Error::Chain(error)) => {
                    // Shown where it is asked for: `linkpool tx list`. The others may make progress all the same.
                    database.defer_request(&request, &error.to_string(), TOO_DEAR_DELAY).await?;
                    if matches!(error, ChainError::Unreachable { .. } | ChainError::RateLimited { .. }) {
                        // The next one would wait for the same.
                        return Err(error.into());
                    }
                    tracing::debug!(request = request.id, %error, "a transaction is not sent yet");
                    continue;
                }
                admitted => admitted?,
            };
            let Some(Admitted { gas_limit, offer, left_wei }) = admitted else { continue };
            let cost_wei = offer.max_fee_wei.saturating_mul(u128::from(gas_limit));
            let price_wei = request.value_wei.saturating_add(cost_wei);
            if price_wei > left_wei {
                self.too_poor(&request, left_wei, price_wei).await?;
                continue;
            }
            let reserve = Reserve { request: &request, gas_limit, cost_wei, limits: &limits };
            match database.reserve_nonce(&account, reserve).await? {
                Assignment::Nonce(nonce) => {
                    balance_wei = Some(left_wei - price_wei);
                    self.sender.failpoints.hit(failpoint::RESERVED)?;
                    let reservation = NonceReservation {
                        nonce,
                        state: NonceState::Reserved,
                        gas_limit,
                        request,
                        trouble: None,
                        attempts: Vec::new(),
                        receipt: None,
                    };
                    let sent = self.sign_and_send(tick, &reservation, Purpose::Serve { gas_limit }, None);
                    sent.instrument(span(&reservation)).await?;
                }
                Assignment::Limited(limited) => database.defer_request(&request, &limited.reason, limited.retry_in).await?,
                Assignment::Gone => {}
                Assignment::Full => break,
            }
        }
        Ok(())
    }

    /// Without a nonce: it would hold up whatever comes after it.
    async fn too_poor(&self, request: &TransactionRequest, left_wei: u128, price_wei: u128) -> Result<()> {
        // As an endpoint would have answered: who watches for an account that can't pay need not know which of the two said so.
        metrics::counter!("linkpool_tx_sends_total", "answer" => SendAnswer::InsufficientFunds.code()).increment(1);
        let reason = format!("the account that sends has {left_wei} wei left and this takes up to {price_wei}: send it some");
        Ok(self.sender.database.defer_request(request, &reason, TOO_DEAR_DELAY).await?)
    }

    /// A transaction request that may go now; what else there is to do with it is done. The balance is asked for once a pass.
    async fn admit(
        &mut self,
        tick: &Tick,
        request: &TransactionRequest,
        balance_wei: &mut Option<u128>,
    ) -> Result<Option<Admitted>> {
        let database = self.sender.database.clone();
        let left_wei = match *balance_wei {
            Some(known) => known,
            None => *balance_wei.insert(self.sender.chain.balance(self.sender.account.address).await?),
        };
        if request.value_wei > left_wei {
            // Endpoints refuse to estimate what can't be paid, each in words of its own.
            self.too_poor(request, left_wei, request.value_wei).await?;
            return Ok(None);
        }
        let Sender { preflight, chain, account, .. } = &self.sender;
        match preflight::check(preflight.as_ref(), (chain, &tick.heads), account.address, request).await? {
            Verdict::Ready { gas_limit } => {
                let market = self.market(tick).await?;
                if let Some(offer) = fee::first(market, self.sender.config.fees) {
                    return Ok(Some(Admitted { gas_limit, offer, left_wei }));
                }
                // Without a nonce: it would hold up whatever comes after it.
                database.defer_request(request, &fee::beyond_caps(market), TOO_DEAR_DELAY).await?;
            }
            Verdict::AlreadyDone => database.request_already_done(request).await?,
            Verdict::Deferred { reason, retry_in } => database.defer_request(request, &reason, retry_in).await?,
            Verdict::Expired { reason } => database.expire_registration(request, &reason).await?,
            Verdict::Refused { reason } => database.refuse_request(request, &reason).await?,
        }
        Ok(None)
    }
}
