//! Signing and committing: in this order, and before anything is sent, so that whatever may be on its way is always known.

use alloy::primitives::{Bytes, Signature, TxKind, U256};
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy, transaction::RlpEcdsaEncodableTx};
use linkpool_db::tx::{AddAttempt, Added, Attempt, NonceReservation};

use super::{TxManager, tick::Tick};
use crate::{Result, failpoint, fee};

/// Gas of a payment that runs no code.
const TRANSFER_GAS: u64 = 21_000;

/// What an attempt is to do with its nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// What the transaction request asks for.
    Serve { gas_limit: u64 },
    /// Nothing: the nonce is used up.
    Cancel,
}

impl Purpose {
    /// What the reservation's last attempt is for; before the first, what its transaction request asks for.
    pub fn of(reservation: &NonceReservation) -> Self {
        match reservation.attempts.last() {
            Some(last) if last.cancels => Self::Cancel,
            Some(last) => Self::Serve { gas_limit: last.gas_limit },
            None => Self::Serve { gas_limit: reservation.gas_limit },
        }
    }

    fn gas_limit(self) -> u64 {
        match self {
            Self::Serve { gas_limit } => gas_limit,
            Self::Cancel => TRANSFER_GAS,
        }
    }
}

/// What came of the wish to sign.
#[derive(Debug)]
pub(super) enum Signed {
    /// It is committed, and may be sent.
    Committed(Attempt),
    /// The caps or the budget forbid it; a sentence.
    TooDear(String),
    /// Another instance was first, or has taken over: its bytes count, and these were never sent.
    Late,
}

impl TxManager {
    /// Signs the reservation's first attempt, or one that replaces its last and pays more, and commits it. `operator_request` is
    /// the operator's request that it fulfils.
    pub(super) async fn sign(
        &mut self,
        tick: &Tick,
        reservation: &NonceReservation,
        purpose: Purpose,
        operator_request: Option<i64>,
    ) -> Result<Signed> {
        let (caps, market) = (self.sender.config.fees, self.market(tick).await?);
        let offer = match reservation.attempts.last() {
            None => fee::first(market, caps),
            Some(last) => fee::next(fee::Offer { max_fee_wei: last.max_fee_wei, tip_wei: last.tip_wei }, market, caps),
        };
        let Some(offer) = offer else { return Ok(Signed::TooDear(fee::beyond_caps(market))) };
        let attempt = self.build(tick, reservation, purpose, offer).await?;
        self.sender.failpoints.hit(failpoint::SIGNED)?;
        let limits = &self.sender.config.limits;
        let add = AddAttempt { reservation, attempt: &attempt, limits, operator_request };
        match self.sender.database.add_attempt(&self.sender.account, add).await? {
            Added::Committed => {}
            Added::OverBudget(sentence) => return Ok(Signed::TooDear(sentence)),
            Added::Late => return Ok(Signed::Late),
        }
        self.sender.failpoints.hit(failpoint::COMMITTED)?;
        Ok(Signed::Committed(attempt))
    }

    async fn build(&self, tick: &Tick, reservation: &NonceReservation, purpose: Purpose, offer: fee::Offer) -> Result<Attempt> {
        let (to, value_wei, input) = match purpose {
            Purpose::Cancel => (TxKind::Call(self.sender.account.address), 0, Bytes::new()),
            Purpose::Serve { .. } => {
                let to = reservation.request.recipient.map_or(TxKind::Create, TxKind::Call);
                (to, reservation.request.value_wei, Bytes::copy_from_slice(&reservation.request.data))
            }
        };
        if self.is_legacy() {
            let transaction = TxLegacy {
                chain_id: Some(self.sender.account.chain_id),
                nonce: reservation.nonce,
                gas_price: offer.max_fee_wei,
                gas_limit: purpose.gas_limit(),
                to,
                value: U256::from(value_wei),
                input,
            };
            return self.signed(tick, reservation, (purpose, offer), transaction).await;
        }
        let transaction = TxEip1559 {
            chain_id: self.sender.account.chain_id,
            nonce: reservation.nonce,
            gas_limit: purpose.gas_limit(),
            max_fee_per_gas: offer.max_fee_wei,
            max_priority_fee_per_gas: offer.tip_wei,
            to,
            value: U256::from(value_wei),
            access_list: Default::default(),
            input,
        };
        self.signed(tick, reservation, (purpose, offer), transaction).await
    }

    async fn signed<T>(
        &self,
        tick: &Tick,
        reservation: &NonceReservation,
        (purpose, offer): (Purpose, fee::Offer),
        transaction: T,
    ) -> Result<Attempt>
    where
        T: SignableTransaction<Signature> + RlpEcdsaEncodableTx + Send,
    {
        let signature = self.sender.signer.sign(&transaction.signature_hash()).await?;
        let signed = transaction.into_signed(signature);
        let mut raw = Vec::with_capacity(512);
        signed.eip2718_encode(&mut raw);
        Ok(Attempt {
            hash: *signed.hash(),
            number: reservation.attempts.len() as u32,
            raw,
            gas_limit: purpose.gas_limit(),
            max_fee_wei: offer.max_fee_wei,
            tip_wei: offer.tip_wei,
            cancels: purpose == Purpose::Cancel,
            since_block: tick.heads.head.number,
            ..Attempt::default()
        })
    }

    /// Whether the chain's blocks had no base fee when its market was last asked for.
    fn is_legacy(&self) -> bool {
        self.market.is_some_and(|(_, market)| market.is_legacy)
    }
}
