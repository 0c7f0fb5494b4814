//! Running statements, and reading what they give.

use sqlx::{Executor, Postgres, SqlSafeStr, postgres::PgArguments};

pub(crate) use crate::parameter::args;
use crate::{Result, column::Record};

/// Runs a statement and returns how many rows it changed.
pub(crate) async fn run<'c>(on: impl Executor<'c, Database = Postgres>, sql: impl SqlSafeStr, args: PgArguments) -> Result<u64> {
    Ok(sqlx::query_with(sql, args).execute(on).await?.rows_affected())
}

/// Every row.
pub(crate) async fn all<'c, T: Record>(
    on: impl Executor<'c, Database = Postgres>,
    sql: impl SqlSafeStr,
    args: PgArguments,
) -> Result<Vec<T>> {
    sqlx::query_with(sql, args).fetch_all(on).await?.iter().map(T::read).collect()
}

/// The first row, if there is any.
pub(crate) async fn maybe<'c, T: Record>(
    on: impl Executor<'c, Database = Postgres>,
    sql: impl SqlSafeStr,
    args: PgArguments,
) -> Result<Option<T>> {
    sqlx::query_with(sql, args).fetch_optional(on).await?.as_ref().map(T::read).transpose()
}

/// The row of a statement that always has one.
pub(crate) async fn one<'c, T: Record>(
    on: impl Executor<'c, Database = Postgres>,
    sql: impl SqlSafeStr,
    args: PgArguments,
) -> Result<T> {
    T::read(&sqlx::query_with(sql, args).fetch_one(on).await?)
}
