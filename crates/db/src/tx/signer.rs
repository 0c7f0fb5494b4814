//! Accounts whose nonces are counted here.

use sqlx::Row;

use crate::{Database, Result, convert::unsigned, tx::Account};

/// What is known of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerState {
    pub next_nonce: u64,
    /// Why nothing is assigned at the moment.
    pub halted: Option<String>,
    pub queued: u64,
    /// Reserved or sent, not mined.
    pub in_flight: u64,
    /// Mined, not final.
    pub unfinal: u64,
    /// Nonces that somebody else used.
    pub used_elsewhere: u64,
    /// Whether an instance drives it now.
    pub driven: bool,
    /// Wei of fees within 24 hours, and of what is open for longer.
    pub fees_today_wei: u128,
}

/// What a resync did.
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
        let select = || {
            sqlx::query_scalar("select next_nonce from signer where chain_id = $1 and address = $2")
                .bind(account.chain())
                .bind(account.address.as_slice())
        };
        let known: Option<i64> = select().fetch_optional(&self.pool).await?;
        if let Some(next) = known {
            return unsigned(next);
        }
        sqlx::query("insert into signer (chain_id, address, next_nonce) values ($1, $2, $3) on conflict do nothing")
            .bind(account.chain())
            .bind(account.address.as_slice())
            .bind(chain_nonce as i64)
            .execute(self.pool.writing())
            .await?;
        // Another instance may have been first, with the nonce that it saw.
        unsigned(select().fetch_one(&self.pool).await?)
    }

    /// Records why nothing is assigned, or that assigning goes on. True if that is news.
    pub async fn set_signer_halted(&self, account: &Account, reason: Option<&str>) -> Result<bool> {
        let changed =
            sqlx::query("update signer set halted = $3 where chain_id = $1 and address = $2 and halted is distinct from $3")
                .bind(account.chain())
                .bind(account.address.as_slice())
                .bind(reason)
                .execute(self.pool.writing())
                .await?;
        Ok(changed.rows_affected() > 0)
    }

    /// What is known of an account; `None` if nothing was ever sent from it.
    pub async fn signer_state(&self, account: &Account) -> Result<Option<SignerState>> {
        let row = sqlx::query(
            "select next_nonce, halted,
                    (select count(*) from transaction_request where chain_id = $1 and signer = $2 and state = 'queued'),
                    (select count(*) from nonce_reservation where chain_id = $1 and signer = $2 and state in ('reserved', 'sent')),
                    (select count(*) from nonce_reservation where chain_id = $1 and signer = $2 and state = 'mined'),
                    (select count(*) from nonce_reservation where chain_id = $1 and signer = $2 and state = 'used_elsewhere'),
                    exists (select from lease where name = $3 and expires_at > clock_timestamp())
               from signer where chain_id = $1 and address = $2",
        )
        .bind(account.chain())
        .bind(account.address.as_slice())
        .bind(account.lease())
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let mut connection = self.pool.acquire().await?;
        let fees_today_wei = super::budget::spent(&mut connection, account, None).await?;
        Ok(Some(SignerState {
            next_nonce: unsigned(row.get(0))?,
            halted: row.get(1),
            queued: unsigned(row.get(2))?,
            in_flight: unsigned(row.get(3))?,
            unfinal: unsigned(row.get(4))?,
            used_elsewhere: unsigned(row.get(5))?,
            driven: row.get(6),
            fees_today_wei,
        }))
    }

    /// The transaction requests that a resync would cancel: they wait for a nonce, and doing them twice would do harm.
    pub async fn unrepeatable_requests(&self, account: &Account) -> Result<Vec<i64>> {
        let ids = sqlx::query_scalar(UNREPEATABLE).bind(account.chain()).bind(account.address.as_slice()).bind(repeatable());
        Ok(ids.fetch_all(&self.pool).await?)
    }

    /// Raises an account's next nonce to the chain's, because a person says that the database is an old copy. What waits for a
    /// nonce and must not happen twice is cancelled: it may have happened in what the database lost. `None` where the
    /// database is not behind.
    pub async fn resync_signer(&self, account: &Account, chain_nonce: u64, actor: &str) -> Result<Option<Resync>> {
        let mut transaction = self.pool.begin().await?;
        let next: Option<i64> =
            sqlx::query_scalar("select next_nonce from signer where chain_id = $1 and address = $2 for update")
                .bind(account.chain())
                .bind(account.address.as_slice())
                .fetch_optional(&mut *transaction)
                .await?;
        let Some(next) = next.map(unsigned).transpose()?.filter(|next| *next < chain_nonce) else { return Ok(None) };
        let ids = sqlx::query_scalar(UNREPEATABLE).bind(account.chain()).bind(account.address.as_slice()).bind(repeatable());
        let cancelled: Vec<i64> = ids.fetch_all(&mut *transaction).await?;
        sqlx::query("update transaction_request set state = 'cancelled', last_error = $2 where transaction_request_id = any($1) and state = 'queued'")
            .bind(&cancelled)
            .bind("it may have happened in the part of its history that the database lost: look at the chain, then hand it in under a new key")
            .execute(&mut *transaction)
            .await?;
        sqlx::query("update signer set next_nonce = $3, halted = null where chain_id = $1 and address = $2")
            .bind(account.chain())
            .bind(account.address.as_slice())
            .bind(chain_nonce as i64)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("insert into signer_resync (chain_id, signer, from_nonce, to_nonce, actor) values ($1, $2, $3, $4, $5)")
            .bind(account.chain())
            .bind(account.address.as_slice())
            .bind(next as i64)
            .bind(chain_nonce as i64)
            .bind(actor)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(Resync { from_nonce: next, to_nonce: chain_nonce, cancelled }))
    }
}

const UNREPEATABLE: &str = "select transaction_request_id from transaction_request where chain_id = $1 and signer = $2 and state = 'queued' and kind <> all($3) order by transaction_request_id";

fn repeatable() -> Vec<&'static str> {
    super::TransactionKind::ALL.iter().copied().filter(|kind| kind.is_repeatable()).map(super::TransactionKind::as_str).collect()
}
