//! Where a transaction stands in the chain, by block hash.

use std::time::Duration;

use linkpool_primitives::B256;
use serde_json::json;
use sqlx::PgConnection;

use crate::{
    Database, Result,
    fleet::{Phase, advance, record},
    registrar::{Account, IntentKind, Slot},
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
    /// An attempt of the slot is in a canonical block. One that reverted gives its node back to be tried again after
    /// `retry_in`, with `reason` shown.
    pub async fn slot_mined(
        &self,
        account: &Account,
        slot: &Slot,
        inclusion: &Inclusion,
        reason: &str,
        retry_in: Duration,
    ) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let moved = sqlx::query(
            "update slot set state = 'mined' where chain_id = $1 and signer = $2 and nonce = $3 and state in ('reserved', 'sent', 'mined')",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(slot.nonce as i64)
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() == 0 || !replace(&mut transaction, account, slot, inclusion).await? {
            // Another instance recorded the same, or more.
            transaction.rollback().await?;
            return Ok(());
        }
        sqlx::query("update intent set state = $2, last_error = $3 where intent_id = $1")
            .bind(slot.intent.id)
            .bind(if inclusion.succeeded { "done" } else { "failed" })
            .bind(if inclusion.succeeded { None } else { Some(reason) })
            .execute(&mut *transaction)
            .await?;
        if let Some(node_id) = &slot.intent.node_id {
            let detail = json!({
                "intent": slot.intent.kind.as_str(), "transaction": format!("{:#x}", inclusion.transaction_hash),
                "block": inclusion.block_number, "succeeded": inclusion.succeeded,
            });
            record(&mut transaction, node_id, "mined", &detail).await?;
            if slot.intent.kind == IntentKind::Register && !inclusion.succeeded {
                give_back(&mut transaction, node_id, reason, retry_in).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The block of the slot's transaction is finalized.
    pub async fn slot_final(&self, account: &Account, slot: &Slot) -> Result<()> {
        sqlx::query("update slot set state = 'final' where chain_id = $1 and signer = $2 and nonce = $3 and state = 'mined'")
            .bind(account.chain())
            .bind(account.address.as_slice())
            .bind(slot.nonce as i64)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Stores `inclusion` as the slot's only one; false if exactly that is stored already.
async fn replace(connection: &mut PgConnection, account: &Account, slot: &Slot, inclusion: &Inclusion) -> Result<bool> {
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

async fn give_back(connection: &mut PgConnection, node_id: &str, reason: &str, retry_in: Duration) -> Result<()> {
    if advance(connection, node_id, &[Phase::Registering], Phase::WalletKnown, &json!({ "reason": reason })).await? {
        sqlx::query("update fleet_node set last_error = $2, attempts = 1, retry_at = now() + make_interval(secs => $3) where fleet_node_id = $1")
            .bind(node_id)
            .bind(reason)
            .bind(retry_in.as_secs_f64())
            .execute(connection)
            .await?;
    }
    Ok(())
}
