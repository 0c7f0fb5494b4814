//! A connection in somebody's hands. Every statement has a deadline.

use std::{io, time::Duration};

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream, stream::BoxStream};
use sqlx::{
    Describe, Either, Execute, Executor, PgConnection, Postgres, SqlStr,
    pool::PoolConnection,
    postgres::{PgCopyIn, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout, timeout_at},
};

use super::rules::{Rules, millis};

/// How much later than the server the client gives up: then the server is gone, or the way to it.
pub(super) const CLIENT_GRACE_PERIOD: Duration = Duration::from_secs(3);

/// A binary copy's signature, without flags or extension; and a tuple with -1 fields, its end.
const COPY_HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const COPY_END: &[u8] = &(-1i16).to_be_bytes();
const COPY_CHUNK: usize = 256 << 10;

/// One of the pool's connections, with or without a transaction. It goes back when it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    raw: Raw,
    statement: Duration,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum Raw {
    Free(PoolConnection<Postgres>),
    InTransaction(sqlx::Transaction<'static, Postgres>),
}

impl Connection {
    pub(super) fn new(connection: PoolConnection<Postgres>, rules: Rules, permit: OwnedSemaphorePermit) -> Self {
        Self { raw: Raw::Free(connection), statement: rules.statement, _permit: permit }
    }

    pub(super) fn in_transaction(
        transaction: sqlx::Transaction<'static, Postgres>,
        rules: Rules,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self { raw: Raw::InTransaction(transaction), statement: rules.statement, _permit: permit }
    }

    /// Lets the statements that follow, until the transaction ends, take this long: for what is known to be long.
    pub async fn allow(&mut self, statement: Duration) -> sqlx::Result<()> {
        let set = format!("set local statement_timeout = '{}'", millis(statement));
        sqlx::raw_sql(sqlx::AssertSqlSafe(set)).execute(&mut *self).await?;
        self.statement = statement;
        Ok(())
    }

    /// Begins a `copy … from stdin (format binary)`.
    pub async fn copy(&mut self, statement: &str) -> sqlx::Result<CopyIn<'_>> {
        let limit = self.statement + CLIENT_GRACE_PERIOD;
        let end = Instant::now() + limit;
        let begun = timeout_at(end, PgConnection::copy_in_raw(self.raw(), statement)).await;
        let mut copy = CopyIn { copy: begun.unwrap_or_else(|_| Err(no_answer(limit)))?, limit, end };
        copy.send(COPY_HEADER).await?;
        Ok(copy)
    }

    pub(super) async fn commit(self) -> sqlx::Result<()> {
        let limit = self.statement + CLIENT_GRACE_PERIOD;
        match self.raw {
            Raw::Free(_) => Ok(()),
            Raw::InTransaction(transaction) => {
                timeout(limit, transaction.commit()).await.unwrap_or_else(|_| Err(no_answer(limit)))
            }
        }
    }

    pub(super) async fn rollback(self) -> sqlx::Result<()> {
        let limit = self.statement + CLIENT_GRACE_PERIOD;
        match self.raw {
            Raw::Free(_) => Ok(()),
            Raw::InTransaction(transaction) => {
                timeout(limit, transaction.rollback()).await.unwrap_or_else(|_| Err(no_answer(limit)))
            }
        }
    }

    /// The driver's own, for its migrator. Without deadlines of ours; the server's holds.
    pub fn driver(&mut self) -> &mut PgConnection {
        self.raw()
    }

    fn raw(&mut self) -> &mut PgConnection {
        match &mut self.raw {
            Raw::Free(connection) => connection,
            Raw::InTransaction(transaction) => transaction,
        }
    }
}

/// Rows on their way into a table. Dropped before its end it has copied nothing.
#[must_use = "a copy without its end has copied nothing"]
pub(crate) struct CopyIn<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
    limit: Duration,
    end: Instant,
}

impl CopyIn<'_> {
    /// Sends tuples, as they are encoded. What the server has not read yet waits on the way to it, so whoever sends may go on.
    pub async fn send(&mut self, tuples: &[u8]) -> sqlx::Result<()> {
        // The driver holds what it is given once more until it is sent.
        for part in tuples.chunks(COPY_CHUNK) {
            timeout_at(self.end, self.copy.send(part)).await.unwrap_or_else(|_| Err(no_answer(self.limit)))?;
        }
        Ok(())
    }

    pub async fn finish(mut self) -> sqlx::Result<u64> {
        self.send(COPY_END).await?;
        timeout_at(self.end, self.copy.finish()).await.unwrap_or_else(|_| Err(no_answer(self.limit)))
    }
}

pub(super) fn no_answer(limit: Duration) -> sqlx::Error {
    let sentence = format!("the database did not answer within {} s", limit.as_secs_f32());
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, sentence))
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Either<PgQueryResult, PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let limit = self.statement + CLIENT_GRACE_PERIOD;
        let end = Instant::now() + limit;
        let rows = self.raw().fetch_many(query);
        let next = move |rows: Option<BoxStream<'e, _>>| async move {
            let mut rows = rows?;
            match timeout_at(end, rows.next()).await {
                Ok(row) => row.map(|row| (row, Some(rows))),
                Err(_) => Some((Err(no_answer(limit)), None)),
            }
        };
        stream::unfold(Some(rows), next).boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let limit = self.statement + CLIENT_GRACE_PERIOD;
        let row = timeout(limit, self.raw().fetch_optional(query));
        row.map(move |row| row.unwrap_or_else(|_| Err(no_answer(limit)))).boxed()
    }

    fn prepare_with<'e>(self, sql: SqlStr, types: &'e [PgTypeInfo]) -> BoxFuture<'e, sqlx::Result<PgStatement>>
    where
        'c: 'e,
    {
        let limit = self.statement + CLIENT_GRACE_PERIOD;
        let prepared = timeout(limit, self.raw().prepare_with(sql, types));
        prepared.map(move |prepared| prepared.unwrap_or_else(|_| Err(no_answer(limit)))).boxed()
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<Describe<Postgres>>>
    where
        'c: 'e,
    {
        let limit = self.statement + CLIENT_GRACE_PERIOD;
        let described = timeout(limit, self.raw().describe(sql));
        described.map(move |described| described.unwrap_or_else(|_| Err(no_answer(limit)))).boxed()
    }
}
