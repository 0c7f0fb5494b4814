//! Whether there is anything to do for a signer, without asking the chain.

use sqlx::AssertSqlSafe;

use super::{Account, request::due};
use crate::{
    Database, Result,
    column::row,
    statement::{args, one},
};

row! {
    /// How much there is to do.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    Work {
        /// Transaction requests that wait for a nonce and may be looked at again.
        due: u64,
        /// Nonces that are given out and not mined.
        under_way: u64,
        /// Nonces that are mined and not final.
        mined: u64,
        /// What operators want done about open nonces.
        asked: u64,
    }
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
            "select (select count(*) from transaction_request i where {due}) as due,
                    count(*) filter (where state in ('reserved', 'sent')) as under_way, count(*) filter (where state = 'mined') as mined,
                    (select count(*) from nonce_request where chain_id = $1 and signer = $2 and answered_at is null) as asked
               from nonce_reservation where chain_id = $1 and signer = $2 and state in ('reserved', 'sent', 'mined')"
        );
        one(&self.pool, AssertSqlSafe(statement), args![account, only]).await
    }
}
