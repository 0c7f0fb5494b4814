//! Where a transaction stands in the chain, by block hash.

use std::time::Duration;

use linkpool_primitives::B256;

use crate::{
    Database, Result,
    pool::Connection,
    tx::{Account, Attempt, IntentState, Slot, effects},
};

/// An attempt in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inclusion {
    pub transaction_hash: B256,
    pub block_number: u64,
    pub block_hash: B256,
    /// False where the transaction reverted.
    pub succeeded: bool,
    pub gas_used: u64,
}

impl Database {
    /// An attempt of the slot is in a canonical block, which settles its intent until a reorg. One that reverted gives its node
    /// back to be tried again after `retry_in`, with `reason` shown; one that cancels leaves its node to a person.
    pub async fn slot_mined(
        &self,
        account: &Account,
        slot: &Slot,
        inclusion: &Inclusion,
        reason: &str,
        retry_in: Duration,
    ) -> Result<()> {
        let included = slot.attempts.iter().find(|attempt| attempt.hash == inclusion.transaction_hash);
        let mut transaction = self.pool.begin().await?;
        let state = match included {
            // What could not be sent any more was used up for nothing, too, but nobody asked for that.
            Some(attempt) if attempt.cancels && was_asked(&mut transaction, account, slot).await? => IntentState::Cancelled,
            Some(attempt) if attempt.cancels => IntentState::Failed,
            _ if inclusion.succeeded => IntentState::Done,
            _ => IntentState::Failed,
        };
        if !mined(&mut transaction, account, slot, inclusion, included).await?
            || !replace(&mut transaction, account, slot, inclusion).await?
        {
            // Another instance recorded the same, or more.
            transaction.rollback().await?;
            return Ok(());
        }
        sqlx::query("update intent set state = $2, last_error = $3 where intent_id = $1")
            .bind(slot.intent.id)
            .bind(state.as_str())
            .bind((state == IntentState::Failed).then_some(reason))
            .execute(&mut *transaction)
            .await?;
        effects::mined(&mut transaction, &slot.intent, state, inclusion, (reason, retry_in)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The block of the slot's transaction is finalized.
    pub async fn slot_final(&self, account: &Account, slot: &Slot) -> Result<()> {
        sqlx::query("update slot set state = 'final' where chain_id = $1 and signer = $2 and nonce = $3 and state = 'mined'")
            .bind(account.chain())
            .bind(account.address.as_slice())
            .bind(slot.nonce as i64)
            .execute(self.pool.writing())
            .await?;
        Ok(())
    }
}

/// Whether an operator asked to cancel.
async fn was_asked(connection: &mut Connection, account: &Account, slot: &Slot) -> Result<bool> {
    let asked = sqlx::query_scalar(
        "select exists (select from slot_request where chain_id = $1 and signer = $2 and nonce = $3 and action = 'cancel')",
    );
    let asked = asked.bind(account.chain()).bind(account.address.as_slice()).bind(slot.nonce as i64);
    Ok(asked.fetch_one(connection).await?)
}

/// Marks the slot mined; false if it is settled.
async fn mined(
    connection: &mut Connection,
    account: &Account,
    slot: &Slot,
    inclusion: &Inclusion,
    included: Option<&Attempt>,
) -> Result<bool> {
    let cost_wei = included.map(|attempt| attempt.max_fee_wei.saturating_mul(u128::from(inclusion.gas_used)));
    let moved = sqlx::query(
        "update slot set state = 'mined', trouble = null, cost = coalesce($4, cost)
          where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent', 'mined')",
    )
    .bind(account.chain())
    .bind(account.address.as_slice())
    .bind(slot.nonce as i64)
    .bind(cost_wei.map(crate::amount::Numeric::from))
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Stores `inclusion` as the slot's only one; false if exactly that is stored already.
async fn replace(connection: &mut Connection, account: &Account, slot: &Slot, inclusion: &Inclusion) -> Result<bool> {
    sqlx::query(
        "delete from inclusion using attempt a where inclusion.hash = a.hash and inclusion.hash <> $4 and a.chain_id = $1 and a.signer = $2 and a.nonce = $3",
    )
    .bind(account.chain())
    .bind(account.address.as_slice())
    .bind(slot.nonce as i64)
    .bind(inclusion.transaction_hash.as_slice())
    .execute(&mut *connection)
    .await?;
    let stored = sqlx::query(
        "insert into inclusion (hash, block_number, block_hash, succeeded, gas_used) values ($1, $2, $3, $4, $5)
         on conflict (hash) do update set block_number = excluded.block_number, block_hash = excluded.block_hash,
             succeeded = excluded.succeeded, gas_used = excluded.gas_used
           where inclusion.block_hash <> excluded.block_hash",
    )
    .bind(inclusion.transaction_hash.as_slice())
    .bind(inclusion.block_number as i64)
    .bind(inclusion.block_hash.as_slice())
    .bind(inclusion.succeeded)
    .bind(inclusion.gas_used as i64)
    .execute(connection)
    .await?;
    Ok(stored.rows_affected() == 1)
}
