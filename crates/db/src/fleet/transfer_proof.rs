//! The payment by which a wallet proves itself.

use std::time::Duration;

use linkpool_primitives::{Address, B256};

use crate::{
    Database, Result,
    column::row,
    statement::{args, maybe, one, run},
};

row! {
    /// One row of `transfer_proof`.
    #[derive(Debug, Clone, PartialEq, Eq)]
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
        /// Whether somebody is requested to ask the node, and has not taken it up.
        is_wanted: bool,
        /// Why the node sent nothing when it was last asked.
        refusal: Option<String>,
        /// The payment, once it was found.
        transaction_hash: Option<B256>,
    }
}

impl TransferProof {
    /// How long after a call the payment may still appear, in seconds.
    pub const ON_ITS_WAY_SECONDS: u64 = 120;

    /// The largest amount that is ever asked for, in wei: a millionth of an ether, and forty random bits.
    pub const LARGEST_WEI: u64 = 1_000_000_000_000;

    /// A challenge that nobody has been asked for.
    pub fn new(wallet: Address, recipient: Address, amount_wei: u128, from_block: u64) -> Self {
        Self {
            wallet,
            recipient,
            amount_wei,
            from_block,
            asked_at: None,
            asked_lately: false,
            is_wanted: false,
            refusal: None,
            transaction_hash: None,
        }
    }
}

row! {
    /// A payment that the fleet is requested to have a node send.
    #[derive(Debug, Clone, PartialEq, Eq)]
    WantedPayment {
        wallet: Address,
        recipient: Address,
        /// Wei.
        amount_wei = "amount": u128,
        /// The number of the request.
        ask = "asks": u32,
    }
}

impl Database {
    /// The challenge of this node's wallet: the one that is stored, or `proposed`, which is stored before anybody is asked.
    /// One for another wallet is replaced.
    pub async fn transfer_proof(&self, node_id: &str, proposed: &TransferProof) -> Result<TransferProof> {
        let insert =
            "insert into transfer_proof (fleet_node_id, wallet, recipient, amount, from_block) values ($1, $2, $3, $4, $5)
             on conflict (fleet_node_id) do update set wallet = excluded.wallet, recipient = excluded.recipient,
                 amount = excluded.amount, from_block = excluded.from_block, wanted = transfer_proof.asks, asked_at = null,
                 refusal = null, transaction_hash = null, block_number = null, proven_at = null
               where transfer_proof.wallet <> excluded.wallet";
        run(
            self.pool.writing(),
            insert,
            args![node_id, proposed.wallet, proposed.recipient, proposed.amount_wei, proposed.from_block],
        )
        .await?;
        let select = "select wallet::bytea, recipient::bytea, amount, from_block, wanted > asks as is_wanted, refusal,
                    coalesce(asked_at > now() - make_interval(secs => $2), false) as asked_lately, transaction_hash::bytea,
                    extract(epoch from asked_at)::bigint as asked_at
               from transfer_proof where fleet_node_id = $1";
        one(&self.pool, select, args![node_id, Duration::from_secs(TransferProof::ON_ITS_WAY_SECONDS)]).await
    }

    /// Requests the payment of whoever may have the node send it. A request that is open stays the only one.
    pub async fn want_transfer(&self, node_id: &str) -> Result<()> {
        let update = "with wanted as (
                 update transfer_proof set wanted = asks + 1, refusal = null where fleet_node_id = $1 and wanted <= asks returning 1
             ) select pg_notify('linkpool_fleet', $1) from wanted";
        run(self.pool.writing(), update, args![node_id]).await?;
        Ok(())
    }

    /// Takes up the open request, if there is one, before the node is asked: no other will, though this one may be killed here.
    pub async fn take_transfer(&self, node_id: &str) -> Result<Option<WantedPayment>> {
        let update = "update transfer_proof set asks = wanted, asked_at = clock_timestamp(), refusal = null
              where fleet_node_id = $1 and wanted > asks and transaction_hash is null
             returning wallet::bytea, recipient::bytea, amount, asks";
        maybe(self.pool.writing(), update, args![node_id]).await
    }

    /// Records, before the call, that the node is asked for the payment by whoever wants it.
    pub async fn transfer_asked(&self, node_id: &str) -> Result<()> {
        let update = "update transfer_proof set asks = asks + 1, wanted = asks + 1, asked_at = clock_timestamp(), refusal = null
              where fleet_node_id = $1";
        run(self.pool.writing(), update, args![node_id]).await?;
        Ok(())
    }

    /// The node has refused the last request, or this one where a number is given: no payment of it is on its way.
    pub async fn transfer_refused(&self, node_id: &str, ask: Option<u32>, refusal: &str) -> Result<()> {
        let update = "with refused as (
                 update transfer_proof set asked_at = null, refusal = $3 where fleet_node_id = $1 and asks = coalesce($2, asks) returning 1
             ) select pg_notify('linkpool_fleet', $1) from refused";
        run(self.pool.writing(), update, args![node_id, ask, refusal]).await?;
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

    /// Whether the contract lets `account` register nodes, as far as it is indexed.
    pub async fn is_registrar(&self, account: &Address) -> Result<bool> {
        let select = "select exists (select from role where account = $1 and roles & 1 = 1)";
        one(&self.pool, select, args![account]).await
    }
}
