//! Connections for statements that stand alone. The driver's pool asks the server after each holder whether the connection is well, in a
//! task that it starts for that: as many trips again as a short statement takes itself. Here a connection comes back because its statement
//! has run to its end, and is looked at once it has rested.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, PgConnection,
    postgres::{PgArguments, PgRow},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

use super::{
    Connections, IDLE_TIMEOUT, Rules,
    connection::{CLIENT_GRACE_PERIOD, no_answer},
    guard::{CHECK_TIMEOUT, MAX_UNCHECKED_AGE},
    permit, session,
    unhurried::unhurried,
};
use crate::target::Target;

/// Cloning shares the connections.
#[derive(Debug, Clone)]
pub(crate) struct Asking(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    target: Target,
    rules: Rules,
    permits: Arc<Semaphore>,
    resting: Mutex<Vec<Rested>>,
}

/// A connection with which nobody works.
#[derive(Debug)]
struct Rested {
    connection: PgConnection,
    made_at: Instant,
    since: Instant,
}

impl Asking {
    /// Opens no connection yet.
    pub fn new(target: Target, rules: Rules) -> Self {
        let permits = Arc::new(Semaphore::new(rules.max_connections as usize));
        Self(Arc::new(Shared { target, rules, permits, resting: Mutex::default() }))
    }

    /// The rows of one statement, which is run to its end whoever goes away.
    pub async fn ask(&self, statement: String, parameters: PgArguments) -> sqlx::Result<Vec<PgRow>> {
        let shared = self.0.clone();
        unhurried(async move {
            let _permit = permit(&shared.permits, shared.rules.patience).await?;
            let mut held = shared.held().await?;
            let limit = shared.rules.statement + CLIENT_GRACE_PERIOD;
            let rows = sqlx::query_with(AssertSqlSafe(statement), parameters).fetch_all(&mut held.connection);
            let rows = timeout(limit, rows).await.unwrap_or_else(|_| Err(no_answer(limit)));
            match &rows {
                Ok(_) => shared.resting().push(Rested { since: Instant::now(), ..held }),
                // It answers; what is left of the statement goes with this connection.
                Err(sqlx::Error::Database(_)) => {}
                Err(_) => shared.resting().clear(),
            }
            rows
        })
        .await
    }

    /// Whoever counts them each second has those end that nobody asks for any more.
    pub fn connections(&self) -> Connections {
        self.0.end_old();
        let used = (self.0.rules.max_connections as usize).saturating_sub(self.0.permits.available_permits());
        Connections { open: used + self.0.resting().len(), used }
    }

    /// Waits for the statements that are under way; then there are no more.
    pub async fn close(&self) {
        // Closed already where there is none to be had.
        let _all = self.0.permits.acquire_many(self.0.rules.max_connections).await;
        self.0.permits.close();
        let resting = std::mem::take(&mut *self.0.resting());
        for rested in resting {
            // The server notices by itself.
            let _ = timeout(CHECK_TIMEOUT, rested.connection.close()).await;
        }
    }
}

impl Shared {
    async fn held(&self) -> sqlx::Result<Rested> {
        while let Some(mut rested) = self.last() {
            if rested.since.elapsed() < MAX_UNCHECKED_AGE || is_well(&mut rested.connection).await {
                return Ok(rested);
            }
            // Its siblings are probably no better.
            self.resting().clear();
        }
        let limit = self.rules.patience;
        let connection = timeout(limit, self.connect()).await.unwrap_or_else(|_| Err(no_answer(limit)))?;
        let now = Instant::now();
        Ok(Rested { connection, made_at: now, since: now })
    }

    /// The one that came back last, so that those nobody needs are left to rest until they go.
    fn last(&self) -> Option<Rested> {
        self.end_old();
        self.resting().pop()
    }

    fn end_old(&self) {
        let now = Instant::now();
        let is_young = |rested: &Rested| now - rested.since < IDLE_TIMEOUT && now - rested.made_at < self.rules.life;
        self.resting().retain(is_young);
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        match session(self.target.options(), &self.rules).connect().await {
            Err(error) => match self.target.renewed(&error) {
                Some(options) => session(options, &self.rules).connect().await,
                None => Err(error),
            },
            connected => connected,
        }
    }

    fn resting(&self) -> MutexGuard<'_, Vec<Rested>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn is_well(connection: &mut PgConnection) -> bool {
    matches!(timeout(CHECK_TIMEOUT, connection.ping()).await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use linkpool_testkit::{
        TestDatabase,
        tcp_proxy::{Passage, TcpProxy},
    };
    use sqlx::Row;

    use super::*;
    use crate::Connect;

    const WHO: &str = "select pg_backend_pid()";

    async fn who(asking: &Asking) -> sqlx::Result<i32> {
        asking.ask(WHO.to_owned(), PgArguments::default()).await?[0].try_get(0)
    }

    fn asking(url: &str, rules: impl Fn(Rules) -> Rules) -> Asking {
        let connect = Connect::new(url).patient();
        Asking::new(Target::of(&connect).unwrap(), rules(connect.asking()))
    }

    #[tokio::test]
    async fn one_connection_serves_who_asks_one_after_the_other_and_those_at_once_wait_for_one_of_a_few() {
        let test_database = TestDatabase::create().await.unwrap();
        let asking = asking(test_database.url(), |rules| Rules { max_connections: 2, ..rules });
        let first = who(&asking).await.unwrap();
        assert_eq!(who(&asking).await.unwrap(), first);
        assert_eq!(asking.connections(), Connections { open: 1, used: 0 });
        let crowd = (0..20).map(|_| asking.ask("select pg_sleep(0.01)".to_owned(), PgArguments::default()));
        for asked in futures_util::future::join_all(crowd).await {
            asked.unwrap();
        }
        assert_eq!(asking.connections(), Connections { open: 2, used: 0 });
    }

    #[tokio::test]
    async fn what_the_server_refused_or_gave_up_leaves_nothing_to_who_asks_next() {
        let test_database = TestDatabase::create().await.unwrap();
        let asking = asking(test_database.url(), |rules| Rules { statement: Duration::from_millis(500), ..rules });
        for wrong in ["select 1/0", "select pg_sleep(10)", "select from nothing"] {
            let before = who(&asking).await.unwrap();
            assert!(asking.ask(wrong.to_owned(), PgArguments::default()).await.is_err(), "{wrong}");
            assert_ne!(who(&asking).await.unwrap(), before, "{wrong}");
        }
        let written = asking.ask("create table anything ()".to_owned(), PgArguments::default()).await;
        assert!(written.unwrap_err().to_string().contains("read-only transaction"));
    }

    #[tokio::test]
    async fn a_statement_runs_to_its_end_whoever_goes_away() {
        let test_database = TestDatabase::create().await.unwrap();
        let asking = asking(test_database.url(), |rules| Rules { max_connections: 1, ..rules });
        let before = who(&asking).await.unwrap();
        let gone = timeout(Duration::from_millis(10), asking.ask("select pg_sleep(0.2)".to_owned(), PgArguments::default()));
        assert!(gone.await.is_err());
        assert_eq!(who(&asking).await.unwrap(), before);
    }

    #[tokio::test]
    async fn a_connection_that_is_old_ends_and_closing_ends_all() {
        let test_database = TestDatabase::create().await.unwrap();
        let asking = asking(test_database.url(), |rules| Rules { life: Duration::ZERO, ..rules });
        let first = who(&asking).await.unwrap();
        assert_eq!(asking.connections().open, 0);
        assert_ne!(who(&asking).await.unwrap(), first);
        asking.close().await;
        assert!(matches!(who(&asking).await, Err(sqlx::Error::PoolClosed)));
    }

    #[tokio::test]
    async fn after_the_server_was_gone_its_old_connections_are_used_no_more() {
        let test_database = TestDatabase::create().await.unwrap();
        let port = test_database.server().port().to_string();
        let proxy = TcpProxy::to(port.parse().unwrap()).await.unwrap();
        let url = test_database.url().replace(&port, &proxy.port().to_string());
        let asking = asking(&url, |rules| rules);
        let both = tokio::join!(who(&asking), who(&asking));
        assert_ne!(both.0.unwrap(), both.1.unwrap());
        proxy.set(Passage::Closed);
        assert!(who(&asking).await.is_err());
        assert_eq!(asking.connections(), Connections { open: 0, used: 0 });
        proxy.set(Passage::Open);
        who(&asking).await.unwrap();
    }
}
