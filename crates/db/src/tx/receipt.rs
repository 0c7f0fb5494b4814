//! Where a transaction stands in the chain, by block hash.

use std::time::Duration;

use linkpool_primitives::Receipt;

use crate::{
    Database, Result,
    pool::Connection,
    statement::{args, one, run},
    tx::{Account, Attempt, NonceReservation, RequestState, effects},
};

impl Database {
    /// An attempt of the reservation is in a canonical block, which settles its transaction request until a reorg. One that
    /// reverted gives its node back to be tried again after `retry_in`, with `reason` shown; one that cancels leaves its node to
    /// a person.
    pub async fn record_mined(
        &self,
        account: &Account,
        reservation: &NonceReservation,
        receipt: &Receipt,
        reason: &str,
        retry_in: Duration,
    ) -> Result<()> {
        let included = reservation.attempts.iter().find(|attempt| attempt.hash == receipt.transaction_hash);
        let mut transaction = self.pool.begin().await?;
        let state = match included {
            // What could not be sent any more was used up for nothing, too, but nobody asked for that.
            Some(attempt) if attempt.cancels && was_asked(&mut transaction, account, reservation).await? => {
                RequestState::Cancelled
            }
            Some(attempt) if attempt.cancels => RequestState::Failed,
            _ if receipt.succeeded => RequestState::Done,
            _ => RequestState::Failed,
        };
        if !mined(&mut transaction, account, reservation, receipt, included).await?
            || !replace(&mut transaction, account, reservation, receipt).await?
        {
            // Another instance recorded the same, or more.
            transaction.rollback().await?;
            return Ok(());
        }
        let update = "update transaction_request set state = $2, last_error = $3 where transaction_request_id = $1";
        run(&mut *transaction, update, args![reservation.request.id, state, (state == RequestState::Failed).then_some(reason)])
            .await?;
        effects::mined(&mut transaction, &reservation.request, state, receipt, (reason, retry_in)).await?;
        Ok(transaction.commit().await?)
    }

    /// The block of the reservation's transaction is finalized.
    pub async fn record_final(&self, account: &Account, reservation: &NonceReservation) -> Result<()> {
        let update =
            "update nonce_reservation set state = 'final' where chain_id = $1 and signer = $2 and nonce = $3 and state = 'mined'";
        run(self.pool.writing(), update, args![account, reservation.nonce]).await?;
        Ok(())
    }
}

/// Whether an operator asked to cancel.
async fn was_asked(connection: &mut Connection, account: &Account, reservation: &NonceReservation) -> Result<bool> {
    let select =
        "select exists (select from nonce_request where chain_id = $1 and signer = $2 and nonce = $3 and action = 'cancel')";
    one(connection, select, args![account, reservation.nonce]).await
}

/// Marks the reservation mined; false if it is settled.
async fn mined(
    connection: &mut Connection,
    account: &Account,
    reservation: &NonceReservation,
    receipt: &Receipt,
    included: Option<&Attempt>,
) -> Result<bool> {
    let cost_wei = included.map(|attempt| attempt.max_fee_wei.saturating_mul(u128::from(receipt.gas_used)));
    let update = "update nonce_reservation set state = 'mined', trouble = null, cost = coalesce($4, cost)
          where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent', 'mined')";
    let moved = run(connection, update, args![account, reservation.nonce, cost_wei]).await?;
    Ok(moved == 1)
}

/// Stores `receipt` as the reservation's only one; false if exactly that is stored already.
async fn replace(
    connection: &mut Connection,
    account: &Account,
    reservation: &NonceReservation,
    receipt: &Receipt,
) -> Result<bool> {
    let delete = "delete from receipt using attempt a where receipt.hash = a.hash and receipt.hash <> $4 and a.chain_id = $1 and a.signer = $2 and a.nonce = $3";
    run(&mut *connection, delete, args![account, reservation.nonce, receipt.transaction_hash]).await?;
    let insert = "insert into receipt (hash, block_number, block_hash, succeeded, gas_used) values ($1, $2, $3, $4, $5)
         on conflict (hash) do update set block_number = excluded.block_number, block_hash = excluded.block_hash,
             succeeded = excluded.succeeded, gas_used = excluded.gas_used
           where receipt.block_hash <> excluded.block_hash";
    let stored = run(
        connection,
        insert,
        args![receipt.transaction_hash, receipt.block_number, receipt.block_hash, receipt.succeeded, receipt.gas_used],
    )
    .await?;
    Ok(stored == 1)
}
