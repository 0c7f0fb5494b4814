//! The pool of an instance that works by a lease: what it writes, it writes while the lease is its own, or not at all. It reads on
//! connections that can't write, so that the server itself refuses a statement which goes around that.

use std::sync::Arc;

use futures_util::{
    StreamExt, TryFutureExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use sqlx::{
    Describe, Either, Execute, Executor, Postgres, SqlStr,
    postgres::{PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

use super::{Pool, Term, Transaction};
use crate::{
    Error, Result,
    lease::{self, Lease},
};

impl Pool {
    /// The same connections, for what is written by this lease; `reads` for the rest.
    pub fn under(&self, lease: &Lease, reads: &Self) -> Self {
        Self { term: Some(Arc::new(Term { lease: lease.clone(), reads: reads.clone() })), ..self.clone() }
    }

    /// A transaction that may write, or read what it likes one after the other.
    ///
    /// # Errors
    /// [`Error::LeaseLost`] where another instance has the lease by now. Until the transaction ends, nobody takes it.
    pub async fn begin(&self) -> Result<Transaction> {
        let mut transaction = self.begin_with("begin").await?;
        if let Some(term) = &self.term
            && !lease::is_current(&mut transaction, &term.lease).await?
        {
            return Err(Error::LeaseLost { name: term.lease.name.clone() });
        }
        Ok(transaction)
    }

    /// For a statement that writes by itself.
    pub fn writing(&self) -> Writing {
        Writing(self.clone())
    }
}

/// Runs each statement in a transaction of [`Pool::begin`], where there is a lease to be kept.
#[derive(Debug)]
pub(crate) struct Writing(Pool);

impl Writing {
    async fn all<'q, E: Execute<'q, Postgres> + 'q>(&self, query: E) -> Result<Vec<Either<PgQueryResult, PgRow>>> {
        if self.0.term.is_none() {
            return Ok(self.0.fetch_many(query).try_collect().await?);
        }
        let mut transaction = self.0.begin().await?;
        let rows = transaction.fetch_many(query).try_collect().await?;
        transaction.commit().await?;
        Ok(rows)
    }
}

impl<'p> Executor<'p> for Writing {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, sqlx::Result<Either<PgQueryResult, PgRow>>>
    where
        E: 'q + Execute<'q, Postgres>,
    {
        let rows = async move {
            let rows = self.all(query).await.map_err(sqlx::Error::from)?;
            Ok(stream::iter(rows.into_iter().map(Ok)))
        };
        rows.try_flatten_stream().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(async move {
            let rows = self.all(query).await.map_err(sqlx::Error::from)?;
            Ok(rows.into_iter().find_map(Either::right))
        })
    }

    fn prepare_with<'e>(self, sql: SqlStr, types: &'e [PgTypeInfo]) -> BoxFuture<'e, sqlx::Result<PgStatement>>
    where
        'p: 'e,
    {
        Box::pin(async move { self.0.acquire().await?.prepare_with(sql, types).await })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, sqlx::Result<Describe<Postgres>>>
    where
        'p: 'e,
    {
        Box::pin(async move { self.0.acquire().await?.describe(sql).await })
    }
}
