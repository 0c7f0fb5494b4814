//! Accounts whose nonces are counted here.

use sqlx::AssertSqlSafe;

use crate::{
    Database, Result,
    column::row,
    statement::{all, args, maybe, one, run},
    tx::{Account, TransactionKind, limits::SPENT},
};

row! {
    /// What is known of an account.
    #[derive(Debug, Clone, PartialEq, Eq)]
    SignerState {
        next_nonce: u64,
        /// Why nothing is assigned at the moment.
        halted: Option<String>,
        queued: u64,
        /// Reserved or sent, not mined.
        in_flight: u64,
        /// Mined, not final.
        unfinal: u64,
        /// Nonces that somebody else used.
        used_elsewhere: u64,
        /// Whether an instance drives it now.
        driven: bool,
        /// Wei of fees within 24 hours, and of what is open for longer.
        fees_today_wei: u128,
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resync {
    pub from_nonce: u64,
    pub to_nonce: u64,
    /// Transaction requests that were cancelled, because they may have happened in the part of the history that the database
    /// lost.
    pub cancelled: Vec<i64>,
}

impl Database {
    /// The next nonce that is free in the database. An account that is new here starts at `chain_nonce`.
    pub async fn signer_nonce(&self, account: &Account, chain_nonce: u64) -> Result<u64> {
        if let Some(next) = maybe(&self.pool, NEXT, args![account]).await? {
            return Ok(next);
        }
        let insert = "insert into signer (chain_id, address, next_nonce) values ($1, $2, $3) on conflict do nothing";
        run(self.pool.writing(), insert, args![account, chain_nonce]).await?;
        // Another instance may have been first, with the nonce that it saw.
        one(&self.pool, NEXT, args![account]).await
    }

    /// Records why nothing is assigned, or that assigning goes on. True if that is news.
    pub async fn set_signer_halted(&self, account: &Account, reason: Option<&str>) -> Result<bool> {
        let update = "update signer set halted = $3 where chain_id = $1 and address = $2 and halted is distinct from $3";
        Ok(run(self.pool.writing(), update, args![account, reason]).await? > 0)
    }

    /// What is known of an account; `None` if nothing was ever sent from it.
    pub async fn signer_state(&self, account: &Account) -> Result<Option<SignerState>> {
        let select = format!(
            "select next_nonce, halted,
                    (select count(*) from transaction_request where chain_id = $1 and signer = $2 and state = 'queued') as queued,
                    (select count(*) from nonce_reservation where chain_id = $1 and signer = $2 and state in ('reserved', 'sent')) as in_flight,
                    (select count(*) from nonce_reservation where chain_id = $1 and signer = $2 and state = 'mined') as unfinal,
                    (select count(*) from nonce_reservation where chain_id = $1 and signer = $2 and state = 'used_elsewhere') as used_elsewhere,
                    exists (select from lease where name = $4 and expires_at > clock_timestamp()) as driven, ({SPENT}) as fees_today_wei
               from signer where chain_id = $1 and address = $2"
        );
        maybe(&self.pool, AssertSqlSafe(select), args![account, None::<u64>, account.lease()]).await
    }

    /// The transaction requests that a resync would cancel: they wait for a nonce, and doing them twice would do harm.
    pub async fn unrepeatable_requests(&self, account: &Account) -> Result<Vec<i64>> {
        all(&self.pool, UNREPEATABLE, args![account, repeatable()]).await
    }

    /// Raises an account's next nonce to the chain's, because a person says that the database is an old copy. What waits for a
    /// nonce and must not happen twice is cancelled: it may have happened in what the database lost. `None` where the
    /// database is not behind.
    pub async fn resync_signer(&self, account: &Account, chain_nonce: u64, actor: &str) -> Result<Option<Resync>> {
        let mut transaction = self.pool.begin().await?;
        let select = "select next_nonce from signer where chain_id = $1 and address = $2 for update";
        let next: Option<u64> = maybe(&mut *transaction, select, args![account]).await?;
        let Some(next) = next.filter(|next| *next < chain_nonce) else { return Ok(None) };
        let cancelled: Vec<i64> = all(&mut *transaction, UNREPEATABLE, args![account, repeatable()]).await?;
        let why = "it may have happened in the part of its history that the database lost: look at the chain, then hand it in under a new key";
        let update = "update transaction_request set state = 'cancelled', last_error = $2 where transaction_request_id = any($1) and state = 'queued'";
        run(&mut *transaction, update, args![cancelled, why]).await?;
        let update = "update signer set next_nonce = $3, halted = null where chain_id = $1 and address = $2";
        run(&mut *transaction, update, args![account, chain_nonce]).await?;
        let insert = "insert into signer_resync (chain_id, signer, from_nonce, to_nonce, actor) values ($1, $2, $3, $4, $5)";
        run(&mut *transaction, insert, args![account, next, chain_nonce, actor]).await?;
        transaction.commit().await?;
        Ok(Some(Resync { from_nonce: next, to_nonce: chain_nonce, cancelled }))
    }
}

const NEXT: &str = "select next_nonce from signer where chain_id = $1 and address = $2";
const UNREPEATABLE: &str = "select transaction_request_id from transaction_request where chain_id = $1 and signer = $2 and state = 'queued' and kind <> all($3) order by transaction_request_id";

fn repeatable() -> Vec<TransactionKind> {
    TransactionKind::ALL.iter().copied().filter(|kind| kind.is_repeatable()).collect()
}
