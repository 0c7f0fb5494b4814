//! Columns as the program's own types.

use std::str::FromStr;

use linkpool_primitives::{Address, B256, UnknownWord};
use sqlx::{Row, postgres::PgRow};

use crate::{Error, Result, amount::Numeric, convert};

pub(super) fn address(row: &PgRow, column: &str) -> Result<Address> {
    convert::address(row.try_get(column)?)
}

pub(super) fn optional_address(row: &PgRow, column: &str) -> Result<Option<Address>> {
    row.try_get::<Option<&[u8]>, _>(column)?.map(convert::address).transpose()
}

pub(super) fn hash(row: &PgRow, column: &str) -> Result<B256> {
    convert::hash(row.try_get(column)?)
}

pub(super) fn optional_hash(row: &PgRow, column: &str) -> Result<Option<B256>> {
    row.try_get::<Option<&[u8]>, _>(column)?.map(convert::hash).transpose()
}

pub(super) fn amount(row: &PgRow, column: &str) -> Result<u128> {
    u128::try_from(row.try_get::<Numeric, _>(column)?)
}

pub(super) fn optional_amount(row: &PgRow, column: &str) -> Result<Option<u128>> {
    row.try_get::<Option<Numeric>, _>(column)?.map(u128::try_from).transpose()
}

pub(super) fn signed_amount(row: &PgRow, column: &str) -> Result<i128> {
    i128::try_from(row.try_get::<Numeric, _>(column)?)
}

pub(super) fn unsigned(row: &PgRow, column: &str) -> Result<u64> {
    convert::unsigned(row.try_get(column)?)
}

pub(super) fn optional_unsigned(row: &PgRow, column: &str) -> Result<Option<u64>> {
    row.try_get::<Option<i64>, _>(column)?.map(convert::unsigned).transpose()
}

pub(super) fn word<T: FromStr<Err = UnknownWord>>(row: &PgRow, column: &str) -> Result<T> {
    Ok(row.try_get::<&str, _>(column)?.parse()?)
}

/// A small count or index that the schema keeps in a wider or signed column.
pub(super) fn narrow<T: TryFrom<i64>>(value: impl Into<i64>) -> Result<T> {
    let value = value.into();
    T::try_from(value).map_err(|_| Error::Corrupt(format!("{value} does not fit its field")))
}
