//! Whether there is anything to do for a signer, without asking the chain.

use sqlx::Row;

use super::{Account, request::due};
use crate::{Database, Result, convert::unsigned};

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work {
    /// Transaction requests that wait for a nonce and may be looked at again.
    pub due: u64,
    /// Nonces that are given out and not mined.
    pub under_way: u64,
    /// Nonces that are mined and not final.
    pub mined: u64,
    /// What operators want done about open nonces.
    pub asked: u64,
}

impl Work {
    /// Whether the chain is waited for.
    pub fn waits(&self) -> bool {
        self.due + self.under_way + self.asked > 0
    }
}

impl Database {
    /// What there is to do for a signer; of what is to be sent, only that one where one is given.
    pub async fn signer_work(&self, account: &Account, only: Option<i64>) -> Result<Work> {
        let due = due();
        let statement = format!(
            "select (select count(*) from transaction_request i where {due}),
                    count(*) filter (where state in ('reserved', 'sent')), count(*) filter (where state = 'mined'),
                    (select count(*) from nonce_request where chain_id = $1 and signer = $2 and answered_at is null)
               from nonce_reservation where chain_id = $1 and signer = $2 and state in ('reserved', 'sent', 'mined')"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(account.chain())
            .bind(account.address.as_slice())
            .bind(only)
            .fetch_one(&self.pool)
            .await?;
        Ok(Work {
            due: unsigned(row.get(0))?,
            under_way: unsigned(row.get(1))?,
            mined: unsigned(row.get(2))?,
            asked: unsigned(row.get(3))?,
        })
    }
}
