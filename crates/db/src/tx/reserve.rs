//! Giving out nonces: counter, reservation and transaction request in one transaction, and never beyond a limit. All under the lock on
//! the signer's row, so that two instances can't both take the last of it.

use std::time::Duration;

use crate::{
    Database, Result,
    pool::Connection,
    statement::{args, one, run},
    tx::{
        Account, Limited, Limits, TransactionKind, TransactionRequest,
        limits::{self, Asked},
    },
};

/// Looked at again at the latest after this long: a limit may have been raised meanwhile.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(300);

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
        let select = "select next_nonce from signer where chain_id = $1 and address = $2 for update";
        let nonce: u64 = one(&mut *transaction, select, args![account]).await?;
        let select =
            "select count(*) from nonce_reservation where chain_id = $1 and signer = $2 and state in ('reserved', 'sent')";
        let in_flight: i64 = one(&mut *transaction, select, args![account]).await?;
        if in_flight >= i64::from(reserve.limits.max_in_flight) {
            return Ok(Assignment::Full);
        }
        if let Some(limited) = reached(&mut transaction, account, reserve.limits, reserve.asked()).await? {
            return Ok(Assignment::Limited(limited));
        }
        let update = "update transaction_request set state = 'assigned', retry_at = null, last_error = null where transaction_request_id = $1 and state = 'queued'";
        let taken = run(&mut *transaction, update, args![reserve.request.id]).await?;
        if taken == 0 {
            return Ok(Assignment::Gone);
        }
        let statement = "with taken as (update signer set next_nonce = next_nonce + 1 where chain_id = $1 and address = $2)
             insert into nonce_reservation (chain_id, signer, nonce, transaction_request_id, gas_limit, cost) values ($1, $2, $3, $4, $5, $6)";
        run(&mut *transaction, statement, args![account, nonce, reserve.request.id, reserve.gas_limit, reserve.cost_wei]).await?;
        transaction.commit().await?;
        Ok(Assignment::Nonce(nonce))
    }
}

/// Whether the signer, whose row is locked, may send one more.
async fn reached(connection: &mut Connection, account: &Account, limits: &Limits, asked: Asked) -> Result<Option<Limited>> {
    if asked.kind == TransactionKind::Register
        && let Some(limited) = registrations(connection, account, limits).await?
    {
        return Ok(Some(limited));
    }
    let refusal = limits::refusal(connection, account, limits, asked, None).await?;
    Ok(refusal.map(|reason| Limited { reason, retry_in: MAX_RETRY_DELAY }))
}

async fn registrations(connection: &mut Connection, account: &Account, limits: &Limits) -> Result<Option<Limited>> {
    // The age of the registration that must grow old before there is room again; null while there is room.
    let statement = "with recent as (
             select extract(epoch from now() - reserved_at)::float8 as age from nonce_reservation join transaction_request using (transaction_request_id)
              where nonce_reservation.chain_id = $1 and nonce_reservation.signer = $2 and kind = 'register' and nonce_reservation.state <> 'used_elsewhere'
                and reserved_at > now() - interval '24 hours'
         )
         select (select age from recent where age < 3600 order by age offset greatest($3 - 1, 0) limit 1),
                (select age from recent order by age offset greatest($4 - 1, 0) limit 1)";
    let ages: (Option<f64>, Option<f64>) = one(
        connection,
        statement,
        args![account, i64::from(limits.registrations_per_hour), i64::from(limits.registrations_per_day)],
    )
    .await?;
    let windows = [
        (limits.registrations_per_day, ages.1, "24 hours", 86_400.0),
        (limits.registrations_per_hour, ages.0, "an hour", 3_600.0),
    ];
    for (limit, age, window, seconds) in windows {
        let wait = if limit == 0 { Some(seconds) } else { age.map(|age| seconds - age) };
        if let Some(wait) = wait {
            let reason = format!("no more than {limit} registrations get sent within {window}; this one waits for its turn");
            return Ok(Some(Limited { reason, retry_in: Duration::from_secs_f64(wait.max(1.0)).min(MAX_RETRY_DELAY) }));
        }
    }
    Ok(None)
}
