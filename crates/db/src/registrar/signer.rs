//! Accounts whose nonces are counted here.

use linkpool_primitives::Address;

use crate::{Database, Result, cursor::unsigned};

/// An account on one chain that only this deployment sends from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account {
    pub chain_id: u64,
    pub address: Address,
}

impl Account {
    pub(crate) fn chain(&self) -> i64 {
        self.chain_id as i64
    }
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
            .execute(&self.pool)
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
                .execute(&self.pool)
                .await?;
        Ok(changed.rows_affected() > 0)
    }
}
