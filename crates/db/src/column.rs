//! How the program's own types stand in columns: one line for each says what is stored, and how it is read back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use linkpool_primitives::{Address, B256, EndpointState, EventKind, IndexerState, NodeStatus};
use sqlx::{Decode, Postgres, Row, Type, postgres::PgRow};
use uuid::Uuid;

use crate::{Error, Result, amount::Numeric, convert};

/// A column's value as the program has it.
pub(crate) trait Column: Sized {
    type Stored: for<'r> Decode<'r, Postgres> + Type<Postgres>;
    /// # Errors
    /// [`Error::Corrupt`] for what the type does not hold.
    fn load(stored: Self::Stored) -> Result<Self>;
}

macro_rules! stored {
    ($($type:ty: $sql:ty, $value:ident => $store:expr; $stored:ty, $raw:ident => $load:expr;)+) => {$(
        impl $crate::parameter::Value for $type {
            type Sql = $sql;
            fn sql(&self) -> $sql {
                let $value = self;
                $store
            }
        }
        impl $crate::parameter::Bind for $type {
            fn bind(&self, to: &mut sqlx::postgres::PgArguments) -> $crate::Result<()> {
                $crate::parameter::add(to, self)
            }
        }
        impl $crate::column::Column for $type {
            type Stored = $stored;
            fn load($raw: $stored) -> $crate::Result<Self> {
                $load
            }
        }
    )+};
}
pub(crate) use stored;

stored! {
    bool: bool, v => *v; bool, raw => Ok(raw);
    f64: f64, v => *v; f64, raw => Ok(raw);
    i16: i16, v => *v; i16, raw => Ok(raw);
    i32: i32, v => *v; i32, raw => Ok(raw);
    i64: i64, v => *v; i64, raw => Ok(raw);
    // Any width is read as the widest. What does not fit when it is written becomes negative, and the columns refuse that.
    u16: i16, v => *v as i16; i64, raw => narrow(raw);
    u32: i32, v => *v as i32; i64, raw => narrow(raw);
    u64: i64, v => *v as i64; i64, raw => convert::unsigned(raw);
    u128: Numeric, v => (*v).into(); Numeric, raw => raw.try_into();
    i128: Numeric, v => (*v).into(); Numeric, raw => raw.try_into();
    Address: Vec<u8>, v => v.to_vec(); Vec<u8>, raw => convert::address(&raw);
    B256: Vec<u8>, v => v.to_vec(); Vec<u8>, raw => convert::hash(&raw);
    String: String, v => v.clone(); String, raw => Ok(raw);
    Vec<u8>: Vec<u8>, v => v.clone(); Vec<u8>, raw => Ok(raw);
    Uuid: Uuid, v => *v; Uuid, raw => Ok(raw);
    DateTime<Utc>: DateTime<Utc>, v => *v; DateTime<Utc>, raw => Ok(raw);
    serde_json::Value: serde_json::Value, v => v.clone(); serde_json::Value, raw => Ok(raw);
    // Seconds.
    Duration: f64, v => v.as_secs_f64(); f64, raw => seconds(raw);
    NodeStatus: i16, v => v.code().into(); i16, raw => convert::node_status(raw);
}

/// Enums that stand as their words.
macro_rules! stored_enums {
    ($($type:ty),+ $(,)?) => {
        $crate::column::stored! { $($type: String, v => v.as_str().to_owned(); String, raw => Ok(raw.parse()?);)+ }
    };
}
pub(crate) use stored_enums;

stored_enums!(EndpointState, EventKind, IndexerState);

impl Column for u8 {
    type Stored = i64;
    fn load(stored: i64) -> Result<Self> {
        narrow(stored)
    }
}

impl<T: Column> Column for Option<T> {
    type Stored = Option<T::Stored>;
    fn load(stored: Option<T::Stored>) -> Result<Self> {
        stored.map(T::load).transpose()
    }
}

impl Column for Vec<String> {
    type Stored = Self;
    fn load(stored: Self) -> Result<Self> {
        Ok(stored)
    }
}

impl Column for Vec<B256> {
    type Stored = Vec<Vec<u8>>;
    fn load(stored: Vec<Vec<u8>>) -> Result<Self> {
        stored.iter().map(|hash| convert::hash(hash)).collect()
    }
}

/// A time that lies behind counts as none.
fn seconds(value: f64) -> Result<Duration> {
    Duration::try_from_secs_f64(value.max(0.0)).map_err(|_| Error::Corrupt(format!("{value} is no number of seconds")))
}

fn narrow<T: TryFrom<N>, N: Copy + std::fmt::Display>(value: N) -> Result<T> {
    T::try_from(value).map_err(|_| Error::Corrupt(format!("{value} does not fit its field")))
}

/// Columns by name. The driver is not asked whether the types agree: it knows the columns' domains by names of their own.
pub(crate) trait Take {
    fn take<T: Column>(&self, column: &str) -> Result<T>;
}

impl Take for PgRow {
    fn take<T: Column>(&self, column: &str) -> Result<T> {
        T::load(self.try_get_unchecked(column)?)
    }
}

/// What a row is read as: a struct of [`row!`], one column, or a tuple of them.
pub(crate) trait Record: Sized {
    fn read(row: &PgRow) -> Result<Self>;
}

impl<T: Column> Record for T {
    fn read(row: &PgRow) -> Result<Self> {
        T::load(row.try_get_unchecked(0)?)
    }
}

macro_rules! tuples {
    ($(($($type:ident $index:literal),+))+) => {$(
        impl<$($type: Column),+> Record for ($($type,)+) {
            fn read(row: &PgRow) -> Result<Self> {
                Ok(($($type::load(row.try_get_unchecked($index)?)?,)+))
            }
        }
    )+};
}

tuples! { (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3, E 4, F 5) }

/// A struct that is a row: each field is the column of its name, or the one that is named beside it.
macro_rules! row {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $field:ident $(= $column:literal)?: $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        pub struct $name { $($(#[$doc])* pub $field: $type),+ }

        impl $crate::column::Record for $name {
            fn read(row: &sqlx::postgres::PgRow) -> $crate::Result<Self> {
                Ok(Self { $($field: $crate::column::Take::take(row, row!(@ $field $($column)?))?),+ })
            }
        }
    };
    (@ $field:ident) => { stringify!($field) };
    (@ $field:ident $column:literal) => { $column };
}
pub(crate) use row;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_duration_holds_is_corrupt_and_one_that_lies_behind_is_none() {
        assert_eq!(seconds(1.5).unwrap(), Duration::from_millis(1_500));
        assert_eq!(seconds(-3.0).unwrap(), Duration::ZERO);
        assert!(matches!(seconds(f64::INFINITY), Err(Error::Corrupt(_))));
    }
}
