//! The payment by which a wallet proves itself.

use linkpool_primitives::{Address, B256};
use sqlx::Row;

use crate::{
    Database, Result,
    amount::Numeric,
    convert::address,
    convert::{hash, unsigned},
};

/// One row of `transfer_proof`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferProof {
    pub wallet: Address,
    pub recipient: Address,
    /// Wei.
    pub amount_wei: u128,
    /// Blocks below hold no such payment.
    pub from_block: u64,
    /// When the node was last asked, in Unix seconds; `None` before, and after a refusal.
    pub asked_at: Option<u64>,
    /// Whether that was within [`TransferProof::ON_ITS_WAY_SECONDS`] by the database's clock.
    pub asked_lately: bool,
    /// The payment, once it was found.
    pub transaction_hash: Option<B256>,
}

impl TransferProof {
    /// How long after a call the payment may still appear, in seconds.
    pub const ON_ITS_WAY_SECONDS: u64 = 120;
}

impl Database {
    /// The challenge of this node's wallet: the one that is stored, or `proposed`, which is stored before anybody is asked.
    /// One for another wallet is replaced.
    pub async fn transfer_proof(&self, node_id: &str, proposed: &TransferProof) -> Result<TransferProof> {
        sqlx::query(
            "insert into transfer_proof (fleet_node_id, wallet, recipient, amount, from_block) values ($1, $2, $3, $4, $5)
             on conflict (fleet_node_id) do update set wallet = excluded.wallet, recipient = excluded.recipient,
                 amount = excluded.amount, from_block = excluded.from_block, asks = 0, asked_at = null,
                 transaction_hash = null, block_number = null, proven_at = null
               where transfer_proof.wallet <> excluded.wallet",
        )
        .bind(node_id)
        .bind(proposed.wallet.as_slice())
        .bind(proposed.recipient.as_slice())
        .bind(Numeric::from(proposed.amount_wei))
        .bind(proposed.from_block as i64)
        .execute(self.pool.writing())
        .await?;
        let row = sqlx::query(
            "select wallet::bytea, recipient::bytea, amount, from_block,
                    coalesce(asked_at > now() - make_interval(secs => $2), false), transaction_hash::bytea,
                    extract(epoch from asked_at)::bigint
               from transfer_proof where fleet_node_id = $1",
        )
        .bind(node_id)
        .bind(TransferProof::ON_ITS_WAY_SECONDS as f64)
        .fetch_one(&self.pool)
        .await?;
        Ok(TransferProof {
            wallet: address(row.get(0))?,
            recipient: address(row.get(1))?,
            amount_wei: row.get::<Numeric, _>(2).try_into()?,
            from_block: unsigned(row.get(3))?,
            asked_at: row.get::<Option<i64>, _>(6).map(unsigned).transpose()?,
            asked_lately: row.get(4),
            transaction_hash: row.get::<Option<&[u8]>, _>(5).map(hash).transpose()?,
        })
    }

    /// Records, before the call, that the node is asked for the payment.
    pub async fn transfer_asked(&self, node_id: &str) -> Result<()> {
        sqlx::query("update transfer_proof set asks = asks + 1, asked_at = clock_timestamp() where fleet_node_id = $1")
            .bind(node_id)
            .execute(self.pool.writing())
            .await?;
        Ok(())
    }

    /// The node has refused: no payment is on its way.
    pub async fn transfer_refused(&self, node_id: &str) -> Result<()> {
        sqlx::query("update transfer_proof set asked_at = null where fleet_node_id = $1")
            .bind(node_id)
            .execute(self.pool.writing())
            .await?;
        Ok(())
    }

    /// Blocks below `from_block` hold no such payment.
    pub async fn transfer_not_below(&self, node_id: &str, from_block: u64) -> Result<()> {
        sqlx::query("update transfer_proof set from_block = $2 where fleet_node_id = $1 and from_block < $2")
            .bind(node_id)
            .bind(from_block as i64)
            .execute(self.pool.writing())
            .await?;
        Ok(())
    }

    /// The payment was found.
    pub async fn transfer_found(&self, node_id: &str, transaction_hash: &B256, block_number: u64) -> Result<()> {
        sqlx::query(
            "update transfer_proof set transaction_hash = $2, block_number = $3, proven_at = coalesce(proven_at, now())
              where fleet_node_id = $1",
        )
        .bind(node_id)
        .bind(transaction_hash.as_slice())
        .bind(block_number as i64)
        .execute(self.pool.writing())
        .await?;
        Ok(())
    }
}
