//! The post-state fields that events carry, by entity: one list each, from which the struct, the COPY encoding and
//! the SQL of every projection are made. A projection is the last value per field, never arithmetic.

use linkpool_primitives::{Address, NodeStatus};
use sqlx::{
    Arguments,
    postgres::{PgArguments, PgRow},
};

use crate::{
    Error, Result,
    amount::Numeric,
    column::Take,
    convert,
    packed::{Packer, Unpacker},
};

/// The value of a field after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// Juels, shares, or a sum of products of them; a debt may be negative.
    Amount(i128),
    Integer(i64),
    Flag(bool),
    Address(Address),
}

/// A value that one column of `event` can hold.
pub trait Value: Copy {
    /// The array element type in SQL.
    const SQL: &'static str;
    /// Appends the value in Postgres' binary form.
    fn write(self, out: &mut Vec<u8>);
    /// The value as readers get it.
    ///
    /// # Errors
    /// [`Error::Corrupt`] beyond 127 bits, where two values would look equal.
    fn after(self) -> Result<After>;
    /// The value of a column; `None` for null.
    fn read(row: &PgRow, column: &str) -> Result<Option<Self>>;
    /// Binds one column of many rows as an array.
    ///
    /// # Errors
    /// Where the driver can't encode it.
    fn bind_all(values: impl Iterator<Item = Option<Self>>, to: &mut PgArguments) -> Result<()>;
}

macro_rules! value {
    ($type:ty, $sql:literal, $stored:ty, $value:ident => $store:expr, $out:ident => $write:expr, $after:expr, $row:ident, $column:ident => $read:expr) => {
        impl Value for $type {
            const SQL: &'static str = $sql;
            fn write(self, $out: &mut Vec<u8>) {
                let $value = self;
                $write;
            }
            fn after(self) -> Result<After> {
                let $value = self;
                $after
            }
            fn read($row: &PgRow, $column: &str) -> Result<Option<Self>> {
                $read
            }
            fn bind_all(values: impl Iterator<Item = Option<Self>>, to: &mut PgArguments) -> Result<()> {
                let stored: Vec<Option<$stored>> = values.map(|value| value.map(|$value| $store)).collect();
                Ok(to.add(stored).map_err(sqlx::Error::Encode)?)
            }
        }
    };
}

value!(u128, "numeric", Numeric, v => Numeric::from(v), out => Numeric::from(v).write(out), signed(v), row, name => row.take(name));
value!(i128, "numeric", Numeric, v => Numeric::from(v), out => Numeric::from(v).write(out), Ok(After::Amount(v)), row, name => row.take(name));
value!(i64, "int8", i64, v => v, out => out.extend(v.to_be_bytes()), Ok(After::Integer(v)), row, name => row.take(name));
value!(i32, "int4", i32, v => v, out => out.extend(v.to_be_bytes()), Ok(After::Integer(v.into())), row, name => row.take(name));
value!(i16, "int2", i16, v => v, out => out.extend(v.to_be_bytes()), Ok(After::Integer(v.into())), row, name => row.take(name));
value!(bool, "bool", bool, v => v, out => out.push(u8::from(v)), Ok(After::Flag(v)), row, name => row.take(name));
value!(Address, "bytea", Vec<u8>, v => v.to_vec(), out => out.extend(v.as_slice()), Ok(After::Address(v)), row, name => row.take(name));
// An impossible status is a difference for whoever compares, and no end of the comparison.
value!(NodeStatus, "int2", i16, v => v.code().into(), out => i16::from(v.code()).write(out), Ok(After::Integer(v.code().into())),
    row, name => Ok(row.take::<Option<i16>>(name)?.and_then(|code| convert::node_status(code).ok())));

fn signed(value: u128) -> Result<After> {
    i128::try_from(value).map(After::Amount).map_err(|_| Error::Corrupt(format!("{value} beyond 127 bits")))
}

/// Appends one COPY field: its length and its bytes, or -1 for null.
pub(crate) fn write_field<T: Value>(value: Option<T>, out: &mut Vec<u8>) {
    let Some(value) = value else { return out.extend((-1i32).to_be_bytes()) };
    let start = out.len();
    out.extend([0; 4]);
    value.write(out);
    let length = (out.len() - start - 4) as i32;
    out[start..start + 4].copy_from_slice(&length.to_be_bytes());
}

/// What an event leaves behind in one entity; `None` = the event does not carry the field.
pub trait Fields: Default + Clone {
    const NAMES: &'static [&'static str];
    /// SQL types, in order.
    const TYPES: &'static [&'static str];
    fn is_empty(&self) -> bool;
    /// The first field that the event does not carry.
    fn missing(&self) -> Option<&'static str>;
    /// Takes every field that a later event carries.
    fn merge(&mut self, later: &Self);
    fn write(&self, out: &mut Vec<u8>);
    /// From the columns of these names.
    fn read(row: &PgRow) -> Result<Self>;
    /// Appends the fields that the event carries, by name.
    fn carried(&self, out: &mut Vec<(&'static str, After)>) -> Result<()>;
    /// Binds each column of some rows as an array, in order.
    ///
    /// # Errors
    /// Where the driver can't encode one.
    fn bind_all<'a>(rows: impl Iterator<Item = &'a Self> + Clone, to: &mut PgArguments) -> Result<()>
    where
        Self: 'a;
}

macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct $name { $(pub $field: Option<$type>),+ }

        impl Fields for $name {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];
            const TYPES: &'static [&'static str] = &[$(<$type as Value>::SQL),+];
            fn is_empty(&self) -> bool {
                $(self.$field.is_none())&&+
            }
            fn missing(&self) -> Option<&'static str> {
                $(if self.$field.is_none() {
                    return Some(stringify!($field));
                })+
                None
            }
            fn merge(&mut self, later: &Self) {
                $(self.$field = later.$field.or(self.$field);)+
            }
            fn write(&self, out: &mut Vec<u8>) {
                $(write_field(self.$field, out);)+
            }
            fn read(row: &PgRow) -> Result<Self> {
                Ok(Self { $($field: Value::read(row, stringify!($field))?),+ })
            }
            fn carried(&self, out: &mut Vec<(&'static str, After)>) -> Result<()> {
                $(if let Some(value) = self.$field {
                    out.push((stringify!($field), value.after()?));
                })+
                Ok(())
            }
            fn bind_all<'a>(rows: impl Iterator<Item = &'a Self> + Clone, to: &mut PgArguments) -> Result<()> {
                $(Value::bind_all(rows.clone().map(|row| row.$field), to)?;)+
                Ok(())
            }
        }

        impl $name {
            pub(crate) fn pack(&self, to: &mut Packer<'_>) {
                $(to.put(self.$field);)+
            }
            pub(crate) fn unpack(from: &mut Unpacker<'_>) -> Self {
                Self { $($field: from.take()),+ }
            }
        }
    };
}

fields! {
    /// A node after an event.
    NodeFields {
        node_index: i64, proof: i16, registered_at: i64, status: NodeStatus, cap_link: i64, penalty_until: i64, retired_at: i64,
        total_shares: u128, assets: u128, active_shares: u128, acc_per_share: u128, unvested: u128, vest_end: i64, last_update: i64,
        penalty_bps: i32, penalty_slot: i16, bucket_level: i64, bucket_at: i64,
    }
}
fields! {
    /// A staker's position on a node after an event.
    PositionFields { position_shares: u128, position_debt: i128 }
}
fields! {
    /// An unbonding ticket after an event.
    TicketFields { ticket_shares: u128, ready_at: i64 }
}
fields! {
    /// The pool after an event.
    PoolFields {
        accounted: u128, fees_owed: u128, sink_owed: u128, fee_bps: i32, fee_recipient: Address, default_cap_link: i64, paused_until: i64,
        live_nodes: i64, registration_level: i64, registration_at: i64, network_reported: i64, network_reported_at: i64, network_ceiling: i64, proofless_allowed: bool,
        owner: Address, pending_owner: Address, offer_ends_at: i64,
    }
}
fields! {
    /// An account's roles after an event.
    RoleFields { roles: i16 }
}
fields! {
    /// A penalty slot after an event.
    PenaltySlotFields { slot_ends_at: i64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_that_readers_cannot_have_is_an_error_and_no_other_amount() {
        let largest = NodeFields { acc_per_share: Some(i128::MAX.unsigned_abs()), ..NodeFields::default() };
        let mut carried = Vec::new();
        largest.carried(&mut carried).unwrap();
        assert_eq!(carried, [("acc_per_share", After::Amount(i128::MAX))]);
        let beyond = NodeFields { acc_per_share: Some(u128::MAX), ..NodeFields::default() };
        assert!(matches!(beyond.carried(&mut carried), Err(Error::Corrupt(_))));
    }
}
