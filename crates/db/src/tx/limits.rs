//! How much one signer may do. Kept in the transaction that gives out a nonce, under the lock on the signer's row, so that two
//! instances can't both take the last of it.

use std::time::Duration;

use crate::{
    Result,
    pool::Connection,
    tx::{
        Account, FeesPerDay, TransactionKind,
        budget::{self, Asked},
    },
};

/// Wei per gas that are paid at most where nobody says otherwise.
const MAX_FEE_WEI: u128 = 500_000_000_000;
/// Looked at again at the latest after this long: a limit may have been raised meanwhile.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Safe defaults: a registrar that runs wild spends a bounded amount and makes a bounded number of nodes before anybody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most transactions that are sent and not mined. A geth node is sure to keep 16 of one account.
    pub max_in_flight: u16,
    /// Most registrations that get a nonce within an hour, and within 24.
    pub registrations_per_hour: u32,
    pub registrations_per_day: u32,
    /// Most fees within 24 hours: what open transactions can cost at most, and the others have cost at most.
    pub fees_per_day: FeesPerDay,
}

impl Default for Limits {
    fn default() -> Self {
        let fees_per_day = FeesPerDay::Work { max_fee_wei: MAX_FEE_WEI };
        Self { max_in_flight: 16, registrations_per_hour: 10, registrations_per_day: 50, fees_per_day }
    }
}

impl Limits {
    /// For measurements and development chains, where nothing is worth anything.
    pub fn none() -> Self {
        let fees_per_day = FeesPerDay::Most(u128::MAX);
        Self { registrations_per_hour: u32::MAX, registrations_per_day: u32::MAX, fees_per_day, ..Self::default() }
    }
}

/// A limit that is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// A sentence.
    pub reason: String,
    pub retry_in: Duration,
}

/// Whether the signer, whose row is locked, may send one more.
pub(super) async fn reached(
    connection: &mut Connection,
    account: &Account,
    limits: &Limits,
    asked: Asked,
) -> Result<Option<Limited>> {
    if asked.kind == TransactionKind::Register
        && let Some(limited) = registrations(connection, account, limits).await?
    {
        return Ok(Some(limited));
    }
    let refusal = budget::refusal(connection, account, limits, asked, None).await?;
    Ok(refusal.map(|reason| Limited { reason, retry_in: LONGEST_WAIT }))
}

async fn registrations(connection: &mut Connection, account: &Account, limits: &Limits) -> Result<Option<Limited>> {
    // The age of the registration that must grow old before there is room again; null while there is room.
    let ages: (Option<f64>, Option<f64>) = sqlx::query_as(
        "with recent as (
             select extract(epoch from now() - reserved_at)::float8 as age from nonce_reservation join transaction_request using (transaction_request_id)
              where nonce_reservation.chain_id = $1 and nonce_reservation.signer = $2 and kind = 'register' and nonce_reservation.state <> 'used_elsewhere'
                and reserved_at > now() - interval '24 hours'
         )
         select (select age from recent where age < 3600 order by age offset greatest($3 - 1, 0) limit 1),
                (select age from recent order by age offset greatest($4 - 1, 0) limit 1)",
    )
    .bind(account.chain())
    .bind(account.address.as_slice())
    .bind(i64::from(limits.registrations_per_hour))
    .bind(i64::from(limits.registrations_per_day))
    .fetch_one(connection)
    .await?;
    let windows = [
        (limits.registrations_per_day, ages.1, "24 hours", 86_400.0),
        (limits.registrations_per_hour, ages.0, "an hour", 3_600.0),
    ];
    for (limit, age, window, seconds) in windows {
        let wait = if limit == 0 { Some(seconds) } else { age.map(|age| seconds - age) };
        if let Some(wait) = wait {
            let reason = format!("no more than {limit} registrations get sent within {window}; this one waits for its turn");
            return Ok(Some(Limited { reason, retry_in: Duration::from_secs_f64(wait.max(1.0)).min(LONGEST_WAIT) }));
        }
    }
    Ok(None)
}
