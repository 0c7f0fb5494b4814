//! The last value per field of some events, and how it is written into a state table.

use std::{collections::HashMap, hash::Hash};

use linkpool_primitives::Address;
use sqlx::{AssertSqlSafe, postgres::PgArguments};

use crate::{
    Result,
    columns::{Fields, write_field},
    compound::Compound,
    copy::copy_rows,
    event::EventRow,
    parameter::Bind,
    pool::Connection,
    statement::run,
};

/// Rows merged by one statement: its parameters are held once more while it runs.
const MERGED_ROWS: usize = 10_000;

/// What some events leave behind in one entity, and the block of the last.
#[derive(Debug, Clone, Default)]
struct Change<F> {
    fields: F,
    block_number: i64,
}

/// What some events leave behind in the rows of one table.
#[derive(Debug)]
pub(super) struct Changes<K, F> {
    rows: HashMap<K, Change<F>>,
}

impl<K, F> Default for Changes<K, F> {
    fn default() -> Self {
        Self { rows: HashMap::new() }
    }
}

impl<K: Key, F: Fields> Changes<K, F> {
    /// Takes what an event leaves in the entity of this key.
    pub fn take(&mut self, key: Option<K>, after: &F, event: &EventRow) {
        let Some(key) = key.filter(|_| !after.is_empty()) else { return };
        let change = self.rows.entry(key).or_default();
        change.fields.merge(after);
        change.block_number = event.block_number;
    }

    /// Memory of the rows. The table around them has room for twice as many at most.
    pub fn bytes(&self) -> usize {
        self.rows.len() * size_of::<(K, Change<F>)>()
    }

    /// Writes them into `table`, of which it is known whether it is empty.
    pub async fn write(self, connection: &mut Connection, table: &str, is_empty: bool) -> Result<()> {
        // In the order of the keys neighbours go into the same page of the index.
        let mut rows: Vec<(&K, &Change<F>)> = self.rows.iter().collect();
        rows.sort_unstable_by_key(|(key, _)| **key);
        if is_empty {
            return copy(connection, table, &rows).await;
        }
        for part in rows.chunks(MERGED_ROWS) {
            merge(connection, table, part).await?;
        }
        Ok(())
    }
}

impl<K: Key, F: Fields> Changes<K, F> {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The same beside other parts. There is no `merge` that could be one.
    pub fn add_to(&self, compound: &mut Compound, table: &str) -> Result<()> {
        let columns = columns::<K, F>();
        let rows: Vec<(&K, &Change<F>)> = self.rows.iter().collect();
        let new = format!("select * from unnest({}) as t({})", arrays::<K, F>().join(", "), columns.join(", "));
        compound.part(&format!("new_{table}"), &new, columns.len(), |to| bind_all(&rows, to))?;
        let matched = K::NAMES.iter().map(|key| format!("old.{key} = new.{key}")).collect::<Vec<_>>().join(" and ");
        let set = assignments::<K, F>();
        let update = format!("update {table} old set {set} from new_{table} new where {matched}");
        compound.part(&format!("changed_{table}"), &update, 0, |_| Ok(()))?;
        let names = columns.join(", ");
        let insert = format!(
            "insert into {table} ({names}) select {names} from new_{table} new where {} and not exists (select from {table} old where {matched})",
            whole::<F>()
        );
        compound.part(&format!("added_{table}"), &insert, 0, |_| Ok(()))
    }
}

fn columns<K: Key, F: Fields>() -> Vec<&'static str> {
    K::NAMES.iter().chain(F::NAMES).chain(&["block_number"]).copied().collect()
}

/// Into an empty table. Of an entity whose first event is missing there is no whole row: it is left out, as by [`merge`].
async fn copy<K: Key, F: Fields>(connection: &mut Connection, table: &str, rows: &[(&K, &Change<F>)]) -> Result<()> {
    let is_whole = |(_, change): &&(&K, &Change<F>)| change.fields.missing().is_none();
    let whole: Vec<(&K, &Change<F>)> = rows.iter().filter(is_whole).copied().collect();
    copy_rows(connection, table, &columns::<K, F>(), &whole, write).await
}

fn write<K: Key, F: Fields>((key, change): &(&K, &Change<F>), out: &mut Vec<u8>) {
    key.write(out);
    change.fields.write(out);
    write_field(Some(change.block_number), out);
}

/// A new entity's first event carries all of its fields, so `not matched` inserts a whole row; otherwise `coalesce`
/// leaves alone what the events did not touch. Where the first event is missing at every endpoint there is no whole row to insert:
/// the entity is left out until `linkpool verify --repair` finds its event, and the rest is written.
async fn merge<K: Key, F: Fields>(connection: &mut Connection, table: &str, rows: &[(&K, &Change<F>)]) -> Result<()> {
    let columns = columns::<K, F>();
    let matched: Vec<String> = K::NAMES.iter().map(|key| format!("old.{key} = new.{key}")).collect();
    let values: Vec<String> = columns.iter().map(|column| format!("new.{column}")).collect();
    let (names, values) = (columns.join(", "), values.join(", "));
    let statement = format!(
        "merge into {table} old using (select * from unnest({}) as t({names})) new on {}
         when matched then update set {} when not matched and {} then insert ({names}) values ({values})",
        arrays::<K, F>().join(", "),
        matched.join(" and "),
        assignments::<K, F>(),
        whole::<F>(),
    );
    let mut args = PgArguments::default();
    bind_all(rows, &mut args)?;
    run(connection, AssertSqlSafe(statement), args).await?;
    Ok(())
}

/// A parameter for each column.
fn arrays<K: Key, F: Fields>() -> Vec<String> {
    let types = K::TYPES.iter().chain(F::TYPES).chain(&["int8"]);
    types.enumerate().map(|(index, sql)| format!("${}::{sql}[]", index + 1)).collect()
}

/// Leaves alone what the events did not touch.
fn assignments<K: Key, F: Fields>() -> String {
    let columns = columns::<K, F>();
    let set = columns[K::NAMES.len()..].iter().map(|column| format!("{column} = coalesce(new.{column}, old.{column})"));
    set.collect::<Vec<_>>().join(", ")
}

/// Whether the events of a new entity carry all of its fields.
fn whole<F: Fields>() -> String {
    F::NAMES.iter().map(|field| format!("new.{field} is not null")).collect::<Vec<_>>().join(" and ")
}

/// Their columns as arrays.
fn bind_all<K: Key, F: Fields>(rows: &[(&K, &Change<F>)], to: &mut PgArguments) -> Result<()> {
    K::bind_all(rows.iter().map(|(key, _)| **key), to)?;
    F::bind_all(rows.iter().map(|(_, change)| &change.fields), to)?;
    rows.iter().map(|(_, change)| change.block_number).collect::<Vec<i64>>().bind(to)
}

/// The key of a projection, as columns.
pub(super) trait Key: Copy + Ord + Hash {
    const NAMES: &'static [&'static str];
    const TYPES: &'static [&'static str];
    /// Appends its columns as fields of a COPY.
    fn write(&self, out: &mut Vec<u8>);
    fn bind_all(keys: impl Iterator<Item = Self> + Clone, to: &mut PgArguments) -> Result<()>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PoolKey;

impl Key for PoolKey {
    const NAMES: &'static [&'static str] = &["pool_id"];
    const TYPES: &'static [&'static str] = &["int2"];
    fn write(&self, out: &mut Vec<u8>) {
        write_field(Some(1i16), out);
    }
    fn bind_all(keys: impl Iterator<Item = Self> + Clone, to: &mut PgArguments) -> Result<()> {
        keys.map(|_| 1i16).collect::<Vec<i16>>().bind(to)
    }
}

/// One of the pool's penalty slots.
impl Key for i16 {
    const NAMES: &'static [&'static str] = &["slot"];
    const TYPES: &'static [&'static str] = &["int2"];
    fn write(&self, out: &mut Vec<u8>) {
        write_field(Some(*self), out);
    }
    fn bind_all(keys: impl Iterator<Item = Self> + Clone, to: &mut PgArguments) -> Result<()> {
        keys.collect::<Vec<i16>>().bind(to)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeKey(pub Address);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AccountKey(pub Address);

fn bind_addresses(values: impl Iterator<Item = Address>, to: &mut PgArguments) -> Result<()> {
    values.collect::<Vec<Address>>().bind(to)
}

macro_rules! address_key {
    ($type:ident, $name:literal) => {
        impl Key for $type {
            const NAMES: &'static [&'static str] = &[$name];
            const TYPES: &'static [&'static str] = &["bytea"];
            fn write(&self, out: &mut Vec<u8>) {
                write_field(Some(self.0), out);
            }
            fn bind_all(keys: impl Iterator<Item = Self> + Clone, to: &mut PgArguments) -> Result<()> {
                bind_addresses(keys.map(|key| key.0), to)
            }
        }
    };
}

address_key!(NodeKey, "node");
address_key!(AccountKey, "account");

/// Node and staker.
impl Key for (Address, Address) {
    const NAMES: &'static [&'static str] = &["node", "staker"];
    const TYPES: &'static [&'static str] = &["bytea", "bytea"];
    fn write(&self, out: &mut Vec<u8>) {
        write_field(Some(self.0), out);
        write_field(Some(self.1), out);
    }
    fn bind_all(keys: impl Iterator<Item = Self> + Clone, to: &mut PgArguments) -> Result<()> {
        bind_addresses(keys.clone().map(|key| key.0), to)?;
        bind_addresses(keys.map(|key| key.1), to)
    }
}

/// Node, staker and ticket.
impl Key for (Address, Address, i64) {
    const NAMES: &'static [&'static str] = &["node", "staker", "ticket"];
    const TYPES: &'static [&'static str] = &["bytea", "bytea", "int8"];
    fn write(&self, out: &mut Vec<u8>) {
        write_field(Some(self.0), out);
        write_field(Some(self.1), out);
        write_field(Some(self.2), out);
    }
    fn bind_all(keys: impl Iterator<Item = Self> + Clone, to: &mut PgArguments) -> Result<()> {
        bind_addresses(keys.clone().map(|key| key.0), to)?;
        bind_addresses(keys.clone().map(|key| key.1), to)?;
        keys.map(|key| key.2).collect::<Vec<i64>>().bind(to)
    }
}
