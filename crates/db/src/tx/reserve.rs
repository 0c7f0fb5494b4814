//! Giving out nonces: counter, reservation and transaction request in one transaction, and never beyond a limit.

use crate::{
    Database, Result,
    amount::Numeric,
    cursor::unsigned,
    tx::{
        Account, Limits, TransactionRequest,
        budget::Asked,
        limits::{self, Limited},
    },
};

/// A nonce to take.
#[derive(Debug, Clone, Copy)]
pub struct Reserve<'a> {
    pub request: &'a TransactionRequest,
    pub gas_limit: u64,
    /// Wei of fees that the first attempt can cost at most.
    pub cost_wei: u128,
    pub limits: &'a Limits,
}

impl Reserve<'_> {
    fn asked(&self) -> Asked {
        let first_offer_wei = self.cost_wei.checked_div(self.gas_limit.into());
        Asked { kind: self.request.kind, gas_limit: self.gas_limit, first_offer_wei, cost_wei: self.cost_wei }
    }
}

/// What became of a [`Reserve`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment {
    Nonce(u64),
    /// As many as allowed are in flight.
    Full,
    /// A limit over time is reached: the transaction request stays queued.
    Limited(Limited),
    /// The transaction request was assigned or settled meanwhile.
    Gone,
}

impl Database {
    /// Takes the next nonce for a transaction request: counter, reservation and transaction request in one transaction.
    pub async fn reserve_nonce(&self, account: &Account, reserve: Reserve<'_>) -> Result<Assignment> {
        let mut transaction = self.pool.begin().await?;
        let nonce: i64 = sqlx::query_scalar("select next_nonce from signer where chain_id = $1 and address = $2 for update")
            .bind(account.chain())
            .bind(account.address.as_slice())
            .fetch_one(&mut *transaction)
            .await?;
        let in_flight: i64 = sqlx::query_scalar(
            "select count(*) from nonce_reservation where chain_id = $1 and signer = $2 and state in ('reserved', 'sent')",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .fetch_one(&mut *transaction)
        .await?;
        if in_flight >= i64::from(reserve.limits.max_in_flight) {
            return Ok(Assignment::Full);
        }
        if let Some(limited) = limits::reached(&mut transaction, account, reserve.limits, reserve.asked()).await? {
            return Ok(Assignment::Limited(limited));
        }
        let taken = sqlx::query(
            "update transaction_request set state = 'assigned', retry_at = null, last_error = null where transaction_request_id = $1 and state = 'queued'",
        )
        .bind(reserve.request.id)
        .execute(&mut *transaction)
        .await?;
        if taken.rows_affected() == 0 {
            return Ok(Assignment::Gone);
        }
        sqlx::query(
            "with taken as (update signer set next_nonce = next_nonce + 1 where chain_id = $1 and address = $2)
             insert into nonce_reservation (chain_id, signer, nonce, transaction_request_id, gas_limit, cost) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(nonce)
        .bind(reserve.request.id)
        .bind(reserve.gas_limit as i64)
        .bind(Numeric::from(reserve.cost_wei))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Assignment::Nonce(unsigned(nonce)?))
    }
}
