//! The post-state fields that events carry, by entity: one list each, from which the struct, the COPY encoding and
//! the SQL of every projection are made. A projection is the last value per field, never arithmetic.

use linkpool_primitives::{Address, NodeStatus};
use sqlx::{Postgres, postgres::PgArguments, query::Query};

use crate::amount::Numeric;

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
    fn after(self) -> After;
    /// Binds one column of many rows as an array.
    fn bind_all(values: Vec<Option<Self>>, query: Query<'_, Postgres, PgArguments>) -> Query<'_, Postgres, PgArguments>;
}

macro_rules! value {
    ($type:ty, $sql:literal, $stored:ty, $value:ident => $store:expr, $out:ident => $write:expr, $after:expr) => {
        impl Value for $type {
            const SQL: &'static str = $sql;
            fn write(self, $out: &mut Vec<u8>) {
                let $value = self;
                $write;
            }
            fn after(self) -> After {
                let $value = self;
                $after
            }
            fn bind_all(values: Vec<Option<Self>>, query: Query<'_, Postgres, PgArguments>) -> Query<'_, Postgres, PgArguments> {
                let stored: Vec<Option<$stored>> = values.into_iter().map(|value| value.map(|$value| $store)).collect();
                query.bind(stored)
            }
        }
    };
}

value!(u128, "numeric", Numeric, v => Numeric::from(v), out => Numeric::from(v).write(out), After::Amount(i128::try_from(v).unwrap_or(i128::MAX)));
value!(i128, "numeric", Numeric, v => Numeric::from(v), out => Numeric::from(v).write(out), After::Amount(v));
value!(i64, "int8", i64, v => v, out => out.extend(v.to_be_bytes()), After::Integer(v));
value!(i32, "int4", i32, v => v, out => out.extend(v.to_be_bytes()), After::Integer(v.into()));
value!(i16, "int2", i16, v => v, out => out.extend(v.to_be_bytes()), After::Integer(v.into()));
value!(NodeStatus, "int2", i16, v => v.code().into(), out => i16::from(v.code()).write(out), After::Integer(v.code().into()));
value!(bool, "bool", bool, v => v, out => out.push(u8::from(v)), After::Flag(v));
value!(Address, "bytea", Vec<u8>, v => v.to_vec(), out => out.extend(v.as_slice()), After::Address(v));

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
    /// Column names, in order.
    const NAMES: &'static [&'static str];
    /// SQL types, in order.
    const TYPES: &'static [&'static str];
    fn is_empty(&self) -> bool;
    /// Takes every field that a later event carries.
    fn merge(&mut self, later: &Self);
    fn write(&self, out: &mut Vec<u8>);
    /// Appends the fields that the event carries, by name.
    fn carried(&self, out: &mut Vec<(&'static str, After)>);
    /// Binds each column of `rows` as an array, in order.
    fn bind_all<'q>(rows: &[Self], query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments>;
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
            fn merge(&mut self, later: &Self) {
                $(self.$field = later.$field.or(self.$field);)+
            }
            fn write(&self, out: &mut Vec<u8>) {
                $(write_field(self.$field, out);)+
            }
            fn carried(&self, out: &mut Vec<(&'static str, After)>) {
                $(out.extend(self.$field.map(|value| (stringify!($field), value.after())));)+
            }
            fn bind_all<'q>(rows: &[Self], mut query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
                $(query = Value::bind_all(rows.iter().map(|row| row.$field).collect(), query);)+
                query
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
