//! A transaction. Dropped without a commit it is rolled back.

use std::ops::{Deref, DerefMut};

use sqlx::{PgPool, Postgres};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{Connection, Rules};

#[derive(Debug)]
pub(crate) struct Transaction(Connection);

/// Not for a caller that may be cancelled: between the server's `begin` and the driver's count of it the transaction is nobody's.
pub(super) async fn begin(
    pool: &PgPool,
    statement: &'static str,
    rules: &Rules,
) -> sqlx::Result<sqlx::Transaction<'static, Postgres>> {
    // The guard closes the connection should the answer stay away.
    #[expect(clippy::disallowed_methods, reason = "this is the place")]
    let begun = timeout(rules.patience + rules.statement, pool.begin_with(statement)).await;
    begun.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

impl Transaction {
    pub(super) fn new(begun: sqlx::Transaction<'static, Postgres>, rules: Rules, permit: OwnedSemaphorePermit) -> Self {
        Self(Connection::in_transaction(begun, rules, permit))
    }

    pub async fn rollback(self) -> sqlx::Result<()> {
        self.0.rollback().await
    }

    pub async fn commit(self) -> sqlx::Result<()> {
        self.0.commit().await
    }
}

impl Deref for Transaction {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
