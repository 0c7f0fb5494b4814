//! The payment by which a wallet proves itself.

use std::time::Duration;

use linkpool_primitives::{Address, B256};

use crate::{
    Database, Result,
    column::row,
    statement::{args, one, run},
};

row! {
    /// One row of `transfer_proof`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    TransferProof {
        wallet: Address,
        recipient: Address,
        /// Wei.
        amount_wei = "amount": u128,
        /// Blocks below hold no such payment.
        from_block: u64,
        /// When the node was last asked, in Unix seconds; `None` before, and after a refusal.
        asked_at: Option<u64>,
        /// Whether that was within [`TransferProof::ON_ITS_WAY_SECONDS`] by the database's clock.
        asked_lately: bool,
        /// The payment, once it was found.
        transaction_hash: Option<B256>,
    }
}

impl TransferProof {
    /// How long after a call the payment may still appear, in seconds.
    pub const ON_ITS_WAY_SECONDS: u64 = 120;
}

impl Database {
    /// The challenge of this node's wallet: the one that is stored, or `proposed`, which is stored before anybody is asked.
    /// One for another wallet is replaced.
    pub async fn transfer_proof(&self, node_id: &str, proposed: &TransferProof) -> Result<TransferProof> {
        let insert =
            "insert into transfer_proof (fleet_node_id, wallet, recipient, amount, from_block) values ($1, $2, $3, $4, $5)
             on conflict (fleet_node_id) do update set wallet = excluded.wallet, recipient = excluded.recipient,
                 amount = excluded.amount, from_block = excluded.from_block, asks = 0, asked_at = null,
                 transaction_hash = null, block_number = null, proven_at = null
               where transfer_proof.wallet <> excluded.wallet";
        run(
            self.pool.writing(),
            insert,
            args![node_id, proposed.wallet, proposed.recipient, proposed.amount_wei, proposed.from_block],
        )
        .await?;
        let select = "select wallet::bytea, recipient::bytea, amount, from_block,
                    coalesce(asked_at > now() - make_interval(secs => $2), false) as asked_lately, transaction_hash::bytea,
                    extract(epoch from asked_at)::bigint as asked_at
               from transfer_proof where fleet_node_id = $1";
        one(&self.pool, select, args![node_id, Duration::from_secs(TransferProof::ON_ITS_WAY_SECONDS)]).await
    }

    /// Records, before the call, that the node is asked for the payment.
    pub async fn transfer_asked(&self, node_id: &str) -> Result<()> {
        let update = "update transfer_proof set asks = asks + 1, asked_at = clock_timestamp() where fleet_node_id = $1";
        run(self.pool.writing(), update, args![node_id]).await?;
        Ok(())
    }

    /// The node has refused: no payment is on its way.
    pub async fn transfer_refused(&self, node_id: &str) -> Result<()> {
        run(self.pool.writing(), "update transfer_proof set asked_at = null where fleet_node_id = $1", args![node_id]).await?;
        Ok(())
    }

    /// Blocks below `from_block` hold no such payment.
    pub async fn transfer_not_below(&self, node_id: &str, from_block: u64) -> Result<()> {
        let update = "update transfer_proof set from_block = $2 where fleet_node_id = $1 and from_block < $2";
        run(self.pool.writing(), update, args![node_id, from_block]).await?;
        Ok(())
    }

    /// The payment was found.
    pub async fn transfer_found(&self, node_id: &str, transaction_hash: &B256, block_number: u64) -> Result<()> {
        let update = "update transfer_proof set transaction_hash = $2, block_number = $3, proven_at = coalesce(proven_at, now())
              where fleet_node_id = $1";
        run(self.pool.writing(), update, args![node_id, transaction_hash, block_number]).await?;
        Ok(())
    }
}
