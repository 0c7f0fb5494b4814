//! What the registrar finds out about a node, and what it queues for it.

use linkpool_primitives::{Address, checksum};
use serde_json::json;

use crate::{
    Database, Result,
    fleet::{FundingBounds, Phase, ProofMode, advance, fund, record},
    statement::{all, args, maybe, one, run},
    tx::{Account, NewTransactionRequest, TransactionKind, enqueue},
};

/// What storing a node's wallet met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalletOutcome {
    /// It is the node's wallet now.
    Stored,
    /// The node has left the phase meanwhile.
    Moved,
    /// Another node has this wallet.
    TakenBy(String),
}

/// A wallet's proof, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// 65 bytes (`r`, `s`, `v`) and the Unix second after which the contract refuses them; `None` where the proof was another.
    pub signature: Option<(Vec<u8>, u64)>,
    pub mode: ProofMode,
    pub requests: Vec<NewTransactionRequest>,
    /// Of the payments among them.
    pub funding: FundingBounds,
}

impl Database {
    /// Stores the wallet that a healthy node showed. `next`: [`Phase::WalletKnown`], or [`Phase::Registering`] where the contract has it
    /// already and nothing is to be sent.
    pub async fn node_wallet(&self, node_id: &str, wallet: &Address, next: Phase) -> Result<WalletOutcome> {
        let mut transaction = self.pool.begin().await?;
        let detail = json!({ "wallet": checksum(wallet) });
        if !advance(&mut transaction, node_id, &[Phase::Healthy], next, &detail).await? {
            return Ok(WalletOutcome::Moved);
        }
        let update = "update fleet_node set wallet = $2 where fleet_node_id = $1 and (wallet is null or wallet = $2)";
        let stored = sqlx::query_with(update, args![node_id, wallet]).execute(&mut *transaction).await;
        match stored {
            Ok(stored) if stored.rows_affected() == 1 => {
                transaction.commit().await?;
                Ok(WalletOutcome::Stored)
            }
            Ok(_) => Ok(WalletOutcome::Moved),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                drop(transaction);
                let select = "select fleet_node_id from fleet_node where wallet = $1";
                let other: Option<String> = maybe(&self.pool, select, args![wallet]).await?;
                Ok(other.map_or(WalletOutcome::Moved, WalletOutcome::TakenBy))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Stores a wallet's consent and queues its transactions. Funding that would break the daily cap is left out, with an event.
    pub async fn node_proven(&self, account: &Account, node_id: &str, consent: &Consent) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        // Before the node's row: locks are always taken in this order.
        run(&mut *transaction, "select 1 from signer where chain_id = $1 and address = $2 for update", args![account]).await?;
        let deadline = consent.signature.as_ref().map(|(_, deadline)| *deadline);
        let detail = json!({ "proof": consent.mode.as_str(), "deadline": deadline });
        if !advance(&mut transaction, node_id, &[Phase::WalletKnown], Phase::Proven, &detail).await? {
            return Ok(false);
        }
        let update = "update fleet_node set proof = $2, proof_deadline = $3 where fleet_node_id = $1";
        run(&mut *transaction, update, args![node_id, consent.signature.as_ref().map(|(bytes, _)| bytes), deadline]).await?;
        for request in &consent.requests {
            if request.kind == TransactionKind::Fund {
                fund(&mut transaction, account, node_id, request, &consent.funding).await?;
                continue;
            }
            enqueue(&mut transaction, account, node_id, request).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// The contract has the node since `block` at the latest, and the indexer shows it.
    pub async fn node_opened(&self, node_id: &str, block: u64) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let moved = advance(&mut transaction, node_id, &[Phase::Registering], Phase::Open, &json!({ "block": block })).await?;
        if moved {
            let update = "update fleet_node set registered_block = $2 where fleet_node_id = $1";
            run(&mut *transaction, update, args![node_id, block]).await?;
            transaction.commit().await?;
        }
        Ok(moved)
    }

    /// The finalized state of the contract has the node.
    pub async fn node_final(&self, node_id: &str, block: u64) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update = "update fleet_node set is_final = true where fleet_node_id = $1 and phase = 'open' and not is_final";
        let moved = run(&mut *transaction, update, args![node_id]).await?;
        if moved == 1 {
            record(&mut transaction, node_id, "final", &json!({ "block": block })).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The contract does not have the node in `block`, though nothing that would register it is under way or was mined later:
    /// its wallet is asked again. What is mined and not final is under way: a reorg may have removed it a moment ago, and then
    /// its bytes are sent again.
    pub async fn node_lost(&self, node_id: &str, block: u64, why: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let select = "select exists (
                 select from transaction_request i left join nonce_reservation s on s.transaction_request_id = i.transaction_request_id and s.state <> 'used_elsewhere'
                   left join attempt a on (a.chain_id, a.signer, a.nonce) = (s.chain_id, s.signer, s.nonce)
                   left join receipt c on c.hash = a.hash
                  where i.fleet_node_id = $1 and i.kind = 'register'
                    and (i.state in ('queued', 'assigned') or (i.state = 'done' and s.state = 'mined') or c.block_number > $2))";
        let under_way: bool = one(&mut *transaction, select, args![node_id, block]).await?;
        if under_way {
            return Ok(());
        }
        let update = "update transaction_request set state = 'failed', last_error = $2 where fleet_node_id = $1 and kind = 'register' and state = 'done'";
        run(&mut *transaction, update, args![node_id, why]).await?;
        let from = [Phase::Registering, Phase::Open];
        if advance(&mut transaction, node_id, &from, Phase::WalletKnown, &json!({ "why": why })).await? {
            run(&mut *transaction, "update fleet_node set is_final = false where fleet_node_id = $1", args![node_id]).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Shows why a node makes no progress; a sentence that is new is also an event.
    pub async fn set_node_error(&self, node_id: &str, error: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update = "update fleet_node set last_error = $2, waiting_for = null where fleet_node_id = $1 and last_error is distinct from $2";
        let changed = run(&mut *transaction, update, args![node_id, error]).await?;
        if changed == 1 {
            record(&mut transaction, node_id, "error", &json!({ "error": error })).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Which of these wallets the indexer shows as nodes of the pool.
    pub async fn indexed_wallets(&self, wallets: &[Address]) -> Result<Vec<Address>> {
        let select = "select node::bytea from node where node = any($1::bytea[])";
        all(&self.pool, select, args![wallets]).await
    }
}
