//! The connections to Postgres, and the only way to them: who holds one can't poison it for the next, and waits for no answer
//! for ever.
//!
//! The driver's own pool is private here, because three of its ways are not safe with clients that hang up and servers that
//! vanish (sqlx 0.9.0): a `begin` that is cancelled leaves the transaction open for the next holder (its issues 4385 and 4393); no
//! statement has a deadline; and a connection that can't write any more stays for half an hour.

mod asking;
mod connection;
mod few;
mod guard;
mod listener;
mod rules;
mod term;
mod transaction;
mod unhurried;

use std::{sync::Arc, time::Duration};

use futures_util::{
    StreamExt, TryFutureExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use sqlx::{
    Describe, Either, Execute, Executor, PgPool, Postgres, SqlStr,
    postgres::{PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use asking::Asking;
pub(crate) use connection::Connection;
pub(crate) use listener::Listener;
pub(crate) use rules::{LONG_READ_TIMEOUT, LONG_WRITE_TIMEOUT, Rules, SNAPSHOT, SNAPSHOT_STATEMENT_TIMEOUT, session};
pub(crate) use transaction::Transaction;

use crate::{lease::Lease, target::Target};
use few::Few;
use guard::Guard;
use unhurried::unhurried;

/// How long a connection is kept that nobody needs.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Connections of one kind. Cloning shares them.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    inner: PgPool,
    guard: Arc<Guard>,
    target: Target,
    rules: Rules,
    /// A permit is waited for by the caller, who may go away; what follows is done to its end whoever goes away.
    permits: Arc<Semaphore>,
    few: Arc<Few>,
    /// Where what is written depends on a lease.
    term: Option<Arc<Term>>,
}

/// How many connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    pub open: usize,
    /// Of those, with how many somebody works.
    pub used: usize,
}

/// A lease by which what is written is written, while it lasts.
#[derive(Debug)]
struct Term {
    lease: Lease,
    reads: Pool,
}

impl Pool {
    /// Opens no connection yet.
    pub fn new(target: Target, rules: Rules) -> Self {
        let guard = Arc::new(Guard::new(rules.reads_only));
        let (acquired, released) = (guard.clone(), guard.clone());
        let options = PgPoolOptions::new()
            .max_connections(rules.max_connections)
            .acquire_timeout(rules.patience)
            .idle_timeout(IDLE_TIMEOUT)
            .max_lifetime(rules.life)
            // The guard looks instead, and for a bounded time.
            .test_before_acquire(false)
            .before_acquire(move |connection, meta| Box::pin(acquired.clone().acquired(connection, meta)))
            .after_release(move |connection, meta| Box::pin(released.clone().released(connection, meta)));
        let inner = options.connect_lazy_with(session(target.options(), &rules));
        let permits = Arc::new(Semaphore::new(rules.max_connections as usize));
        Self { inner, guard, target, rules, permits, few: Arc::default(), term: None }
    }

    /// A connection for some statements of which each stands for itself.
    pub async fn acquire(&self) -> sqlx::Result<Connection> {
        let pool = self.term.as_ref().map_or(self, |term| &term.reads).clone();
        let permit = permit(&pool.permits, pool.rules.patience).await?;
        let rules = pool.rules;
        let promise = pool.few.wait(&pool.inner, rules.moment).await;
        let acquired = async move {
            let _promise = promise;
            match pool.inner.acquire().await {
                Err(error) if pool.renew(&error) => pool.inner.acquire().await,
                acquired => acquired,
            }
        };
        let connection = unhurried(acquired).await?;
        Ok(Connection::new(connection, rules, permit))
    }

    /// A transaction that `statement` begins.
    pub async fn begin_with(&self, statement: &'static str) -> sqlx::Result<Transaction> {
        let permit = permit(&self.permits, self.rules.patience).await?;
        let pool = self.clone();
        let promise = pool.few.wait(&pool.inner, pool.rules.moment).await;
        let begun = async move {
            let _promise = promise;
            match transaction::begin(&pool.inner, &pool.guard, statement).await {
                Err(error) if pool.renew(&error) => transaction::begin(&pool.inner, &pool.guard, statement).await,
                begun => begun,
            }
            .map(|begun| Transaction::new(begun, pool.rules, permit))
        };
        unhurried(begun).await
    }

    /// Whether it is worth another attempt: the password may be another one by now.
    fn renew(&self, error: &sqlx::Error) -> bool {
        let renewed = self.target.renewed(error);
        let is_renewed = renewed.is_some();
        if let Some(options) = renewed {
            self.inner.set_connect_options(session(options, &self.rules));
        }
        is_renewed
    }

    pub fn connections(&self) -> Connections {
        let open = self.inner.size() as usize;
        Connections { open, used: open.saturating_sub(self.inner.num_idle()) }
    }

    pub async fn close(&self) {
        self.permits.close();
        self.inner.close().await;
    }
}

async fn permit(permits: &Arc<Semaphore>, patience: Duration) -> sqlx::Result<OwnedSemaphorePermit> {
    match tokio::time::timeout(patience, permits.clone().acquire_owned()).await {
        Ok(Ok(permit)) => Ok(permit),
        Ok(Err(_)) => Err(sqlx::Error::PoolClosed),
        Err(_) => Err(sqlx::Error::PoolTimedOut),
    }
}

/// One statement by itself.
impl<'p> Executor<'p> for &Pool {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Either<PgQueryResult, PgRow>>>
    where
        E: 'q + Execute<'q, Postgres>,
    {
        let pool = self.clone();
        // Whoever asks takes all rows; the connection is free as soon as they are there.
        let rows = async move {
            let rows: Vec<_> = pool.acquire().await?.fetch_many(query).try_collect().await?;
            Ok(stream::iter(rows.into_iter().map(Ok)))
        };
        rows.try_flatten_stream().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        E: 'q + Execute<'q, Postgres>,
    {
        let pool = self.clone();
        Box::pin(async move { pool.acquire().await?.fetch_optional(query).await })
    }

    fn prepare_with<'e>(self, sql: SqlStr, types: &'e [PgTypeInfo]) -> BoxFuture<'e, sqlx::Result<PgStatement>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        Box::pin(async move { pool.acquire().await?.prepare_with(sql, types).await })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<Describe<Postgres>>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        Box::pin(async move { pool.acquire().await?.describe(sql).await })
    }
}
