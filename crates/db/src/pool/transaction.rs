//! A transaction. Dropped without a commit it is rolled back.

use sqlx::{PgPool, Postgres, SqlStr};
use tokio::{sync::OwnedSemaphorePermit, time::timeout};

use super::{
    Connection, Rules,
    connection::no_answer,
    guard::{CHECK_TIMEOUT, Guard},
    unhurried::unhurried,
};

#[derive(Debug, derive_more::Deref, derive_more::DerefMut)]
pub(crate) struct Transaction(Connection);

/// Not for a caller that may be cancelled: between the server's `begin` and the driver's count of it the transaction is nobody's.
///
/// A beginning waits for nobody at the server: a connection that does not answer it has died since it was looked at last, and with it
/// those of its age. So another is begun on, once.
pub(super) async fn begin(
    pool: &PgPool,
    guard: &Guard,
    statement: &'static str,
) -> sqlx::Result<sqlx::Transaction<'static, Postgres>> {
    for _ in 0..2 {
        let connection = pool.acquire().await?;
        #[expect(clippy::disallowed_methods, reason = "this is the place")]
        let begun = sqlx::Transaction::begin(connection, Some(SqlStr::from_static(statement)));
        match timeout(CHECK_TIMEOUT, begun).await {
            Ok(begun) => return begun,
            Err(_) => guard.doubt(),
        };
    }
    Err(no_answer(CHECK_TIMEOUT))
}

impl Transaction {
    pub(super) fn new(begun: sqlx::Transaction<'static, Postgres>, rules: Rules, permit: OwnedSemaphorePermit) -> Self {
        Self(Connection::in_transaction(begun, rules, permit))
    }

    /// To its end, whoever goes away: the driver has a transaction whose end is on the way, and that is dropped, rolled back behind it.
    pub async fn rollback(self) -> sqlx::Result<()> {
        unhurried(self.0.rollback()).await
    }

    /// To its end, as a rollback.
    pub async fn commit(self) -> sqlx::Result<()> {
        unhurried(self.0.commit()).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;
    use linkpool_testkit::{TestDatabase, tcp_proxy::TcpProxy};
    use tokio::time::timeout;

    use super::super::{Pool, Rules};
    use crate::{Connect, target::Target};

    #[tokio::test(flavor = "multi_thread")]
    async fn where_the_connections_in_use_a_moment_ago_are_dead_a_transaction_begins_on_a_new_one() {
        let test_database = TestDatabase::create().await.unwrap();
        let port = test_database.url().rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        let proxy = TcpProxy::to(port.parse().unwrap()).await.unwrap();
        let connect = Connect::new(test_database.url().replace(&port, &proxy.port().to_string())).patient();
        let pool = Pool::new(Target::of(&connect).unwrap(), Rules { moment: Duration::ZERO, ..connect.writing() });
        let used = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
        drop(used);
        // Both are back, and have rested for too short a time to be looked at.
        while pool.inner.num_idle() < 2 {
            tokio::task::yield_now().await;
        }
        proxy.abandon();
        let begun = timeout(connect.statement, pool.begin_with("begin")).await;
        begun.expect("nobody waits for a dead connection's answer").unwrap().rollback().await.unwrap();
    }

    /// Of the database, as its only connection knows; a roll-back outside of a transaction counts, and is warned of.
    async fn rollbacks(pool: &Pool) -> i64 {
        let mut connection = pool.acquire().await.unwrap();
        sqlx::query("select pg_stat_force_next_flush()").execute(&mut connection).await.unwrap();
        let count = "select xact_rollback from pg_stat_database where datname = current_database()";
        sqlx::query_scalar(count).fetch_one(&mut connection).await.unwrap()
    }

    #[tokio::test]
    async fn a_transaction_whose_caller_goes_away_while_it_ends_ends_once() {
        let test_database = TestDatabase::create().await.unwrap();
        let connect = Connect::new(test_database.url());
        let pool = Pool::new(Target::of(&connect).unwrap(), Rules { max_connections: 1, ..connect.writing() });
        let before = rollbacks(&pool).await;
        let transaction = pool.begin_with("begin").await.unwrap();
        assert!(transaction.commit().now_or_never().is_none(), "the server has not answered yet");
        assert_eq!(rollbacks(&pool).await, before);
        let transaction = pool.begin_with("begin").await.unwrap();
        assert!(transaction.rollback().now_or_never().is_none(), "the server has not answered yet");
        assert_eq!(rollbacks(&pool).await, before + 1);
    }
}
