//! Signed bytes: committed before they are sent, never forgotten.

use linkpool_primitives::B256;
use sqlx::postgres::PgRow;

use crate::{
    Database, Result,
    column::{Record, Take},
    pool::Connection,
    statement::{all, args, maybe, run},
    tx::{
        Account, Attempt, Limits, NonceReservation, Receipt, effects,
        limits::{self, Asked},
        model::receipt,
    },
};

#[derive(Debug, Clone, Copy)]
pub struct AddAttempt<'a> {
    pub reservation: &'a NonceReservation,
    pub attempt: &'a Attempt,
    pub limits: &'a Limits,
    /// The operator's request that it carries out, which is answered with it.
    pub operator_request: Option<i64>,
}

/// What became of an [`AddAttempt`]. Unless it is committed, its bytes must be thrown away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// Its bytes may be sent.
    Committed,
    /// Another instance committed one with this number, or the reservation is settled.
    Late,
    /// It may cost more than is left of the fee budget; a sentence.
    OverBudget(String),
}

impl Database {
    /// Commits an attempt, after which its bytes may be sent.
    pub async fn add_attempt(&self, account: &Account, add: AddAttempt<'_>) -> Result<Added> {
        let AddAttempt { reservation, attempt, limits, operator_request } = add;
        let mut transaction = self.pool.begin().await?;
        if let Some(sentence) = over_budget(&mut transaction, account, reservation, attempt, limits).await? {
            return Ok(Added::OverBudget(sentence));
        }
        if !insert(&mut transaction, account, reservation, attempt).await? {
            return Ok(Added::Late);
        }
        if let Some(operator_request) = operator_request {
            let update =
                "update nonce_request set answered_at = now(), answer = $2 where nonce_request_id = $1 and answered_at is null";
            let answer = format!("signed as attempt {}, {:#x}", attempt.number, attempt.hash);
            run(&mut *transaction, update, args![operator_request, answer]).await?;
        }
        effects::signed(&mut transaction, reservation, attempt).await?;
        transaction.commit().await?;
        Ok(Added::Committed)
    }

    /// Records that an attempt was sent when the head was `head`, and what the endpoint said.
    pub async fn record_send(&self, attempt_hash: &B256, head: u64, answer: &str) -> Result<()> {
        let update = "update attempt set sends = sends + 1, sent_block = $2, last_answer = $3 where hash = $1";
        run(self.pool.writing(), update, args![attempt_hash, head, answer]).await?;
        Ok(())
    }
}

/// The budget covers what every open nonce can cost. What was reserved when the nonce was taken is counted already, and one that
/// uses a nonce up for nothing must never be held back.
async fn over_budget(
    connection: &mut Connection,
    account: &Account,
    reservation: &NonceReservation,
    attempt: &Attempt,
    limits: &Limits,
) -> Result<Option<String>> {
    if attempt.cancels || (attempt.number == 0 && attempt.cost_wei() <= reserved(connection, account, reservation).await?) {
        return Ok(None);
    }
    run(&mut *connection, "select 1 from signer where chain_id = $1 and address = $2 for update", args![account]).await?;
    let first_offer_wei = (attempt.number == 0).then_some(attempt.max_fee_wei);
    let asked =
        Asked { kind: reservation.request.kind, gas_limit: attempt.gas_limit, first_offer_wei, cost_wei: attempt.cost_wei() };
    limits::refusal(connection, account, limits, asked, Some(reservation.nonce)).await
}

/// Wei of fees that the reservation is counted with; none if it is gone.
async fn reserved(connection: &mut Connection, account: &Account, reservation: &NonceReservation) -> Result<u128> {
    let select = "select cost from nonce_reservation where chain_id = $1 and signer = $2 and nonce = $3";
    Ok(maybe(connection, select, args![account, reservation.nonce]).await?.unwrap_or(0))
}

/// False if the reservation is settled or has an attempt of this number already.
async fn insert(
    connection: &mut Connection,
    account: &Account,
    reservation: &NonceReservation,
    attempt: &Attempt,
) -> Result<bool> {
    let update = "update nonce_reservation set state = 'sent', cost = greatest(cost, $4)
          where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent')";
    let open = run(&mut *connection, update, args![account, reservation.nonce, attempt.cost_wei()]).await?;
    let insert =
        "insert into attempt (hash, chain_id, signer, nonce, attempt_number, raw, gas_limit, max_fee, tip, cancels, since_block)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
          where $5 = (select count(*) from attempt where chain_id = $2 and signer = $3 and nonce = $4)
         on conflict do nothing";
    let Attempt { hash, number, raw, gas_limit, max_fee_wei, tip_wei, cancels, since_block, .. } = attempt;
    let nonce = reservation.nonce;
    let args = args![hash, account, nonce, number, raw, gas_limit, max_fee_wei, tip_wei, cancels, since_block];
    let added = run(connection, insert, args).await?;
    Ok(open == 1 && added == 1)
}

impl Attempt {
    /// The attempts of all reservations from `nonce` on, in the order of nonce and number, with where each was seen in a block.
    pub(super) async fn since(
        connection: &mut Connection,
        account: &Account,
        nonce: u64,
    ) -> Result<Vec<(u64, Self, Option<Receipt>)>> {
        let select = "select a.nonce, a.hash::bytea, attempt_number, raw, max_fee, tip, since_block, sent_block, sends,
                    block_number, block_hash::bytea, succeeded, gas_used, coalesce(a.gas_limit, s.gas_limit) as gas_limit, cancels, last_answer
               from attempt a join nonce_reservation s on (s.chain_id, s.signer, s.nonce) = (a.chain_id, a.signer, a.nonce)
                 left join receipt i on i.hash = a.hash
              where a.chain_id = $1 and a.signer = $2 and a.nonce >= $3 order by a.nonce, attempt_number";
        all(connection, select, args![account, nonce]).await
    }
}

impl Record for (u64, Attempt, Option<Receipt>) {
    fn read(row: &PgRow) -> Result<Self> {
        Ok((row.take("nonce")?, Record::read(row)?, receipt(row)?))
    }
}
