//! The last value per field of some events, and how it is written into a state table.

use std::{collections::HashMap, hash::Hash};

use linkpool_primitives::{Address, B256};
use sqlx::{AssertSqlSafe, Postgres, postgres::PgArguments, query::Query};

use crate::{
    Result,
    columns::{Fields, write_field},
    copy::{Tuples, write_bytes},
    event::EventRow,
    pool::Connection,
};

/// Rows merged by one statement: its parameters are held once more while it runs.
const MERGED_ROWS: usize = 10_000;

/// What some events leave behind in one entity, and the block of the last.
#[derive(Debug, Clone, Default)]
struct Change<F> {
    fields: F,
    block_number: i64,
    block_hash: B256,
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
        (change.block_number, change.block_hash) = (event.block_number, event.block_hash);
    }

    /// Memory that they hold.
    pub fn bytes(&self) -> usize {
        self.rows.capacity() * size_of::<(K, Change<F>)>()
    }

    /// Writes them into `table`, of which it is known whether it is empty, and forgets them.
    pub async fn write(&mut self, connection: &mut Connection, table: &str, is_empty: bool) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        // In the order of the keys neighbours go into the same page of the index.
        let mut rows: Vec<(K, Change<F>)> = std::mem::take(&mut self.rows).into_iter().collect();
        rows.sort_unstable_by_key(|(key, _)| *key);
        if is_empty {
            return copy(connection, table, &rows).await;
        }
        for part in rows.chunks(MERGED_ROWS) {
            merge(connection, table, part).await?;
        }
        Ok(())
    }
}

fn columns<K: Key, F: Fields>() -> Vec<&'static str> {
    K::NAMES.iter().chain(F::NAMES).chain(&["block_number", "block_hash"]).copied().collect()
}

/// Into an empty table. Of an entity whose first event is missing there is no whole row: it is left out, as by [`merge`].
async fn copy<K: Key, F: Fields>(connection: &mut Connection, table: &str, rows: &[(K, Change<F>)]) -> Result<()> {
    let columns = columns::<K, F>();
    let mut tuples = Tuples::of(columns.len());
    for (key, change) in rows.iter().filter(|(_, change)| change.fields.missing().is_none()) {
        let out = tuples.begin();
        key.write(out);
        change.fields.write(out);
        write_field(Some(change.block_number), out);
        write_bytes(change.block_hash.as_slice(), out);
    }
    tuples.copy_into(connection, table, &columns.join(", ")).await
}

/// A new entity's first event carries all of its fields, so `not matched` inserts a whole row; otherwise `coalesce`
/// leaves alone what the events did not touch. Where the first event is missing at every endpoint there is no whole row to insert:
/// the entity is left out until `linkpool verify --repair` finds its event, and the rest is written.
async fn merge<K: Key, F: Fields>(connection: &mut Connection, table: &str, rows: &[(K, Change<F>)]) -> Result<()> {
    let columns = columns::<K, F>();
    let types = K::TYPES.iter().chain(F::TYPES).chain(&["int8", "bytea"]);
    let arrays: Vec<String> = types.enumerate().map(|(index, sql)| format!("${}::{sql}[]", index + 1)).collect();
    let matched: Vec<String> = K::NAMES.iter().map(|key| format!("old.{key} = new.{key}")).collect();
    let set: Vec<String> =
        columns[K::NAMES.len()..].iter().map(|column| format!("{column} = coalesce(new.{column}, old.{column})")).collect();
    let values: Vec<String> = columns.iter().map(|column| format!("new.{column}")).collect();
    let whole: Vec<String> = F::NAMES.iter().map(|field| format!("new.{field} is not null")).collect();
    let (names, values) = (columns.join(", "), values.join(", "));
    let statement = format!(
        "merge into {table} old using (select * from unnest({}) as t({names})) new on {}
         when matched then update set {} when not matched and {} then insert ({names}) values ({values})",
        arrays.join(", "),
        matched.join(" and "),
        set.join(", "),
        whole.join(" and "),
    );
    let mut query = sqlx::query(AssertSqlSafe(statement));
    query = K::bind_all(rows.iter().map(|(key, _)| *key).collect(), query);
    query = F::bind_all(&rows.iter().map(|(_, change)| change.fields.clone()).collect::<Vec<_>>(), query);
    query
        .bind(rows.iter().map(|(_, change)| change.block_number).collect::<Vec<_>>())
        .bind(rows.iter().map(|(_, change)| change.block_hash.to_vec()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// The key of a projection, as columns.
pub(super) trait Key: Copy + Ord + Hash {
    const NAMES: &'static [&'static str];
    const TYPES: &'static [&'static str];
    /// Appends its columns as fields of a COPY.
    fn write(&self, out: &mut Vec<u8>);
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct PoolKey;

impl Key for PoolKey {
    const NAMES: &'static [&'static str] = &["pool_id"];
    const TYPES: &'static [&'static str] = &["int2"];
    fn write(&self, out: &mut Vec<u8>) {
        write_field(Some(1i16), out);
    }
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query.bind(vec![1i16; keys.len()])
    }
}

/// One of the pool's penalty slots.
impl Key for i16 {
    const NAMES: &'static [&'static str] = &["slot"];
    const TYPES: &'static [&'static str] = &["int2"];
    fn write(&self, out: &mut Vec<u8>) {
        write_field(Some(*self), out);
    }
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query.bind(keys)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeKey(pub Address);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AccountKey(pub Address);

fn addresses(values: impl Iterator<Item = Address>) -> Vec<Vec<u8>> {
    values.map(|address| address.to_vec()).collect()
}

macro_rules! address_key {
    ($type:ident, $name:literal) => {
        impl Key for $type {
            const NAMES: &'static [&'static str] = &[$name];
            const TYPES: &'static [&'static str] = &["bytea"];
            fn write(&self, out: &mut Vec<u8>) {
                write_field(Some(self.0), out);
            }
            fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
                query.bind(addresses(keys.iter().map(|key| key.0)))
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
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query.bind(addresses(keys.iter().map(|key| key.0))).bind(addresses(keys.iter().map(|key| key.1)))
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
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query
            .bind(addresses(keys.iter().map(|key| key.0)))
            .bind(addresses(keys.iter().map(|key| key.1)))
            .bind(keys.iter().map(|key| key.2).collect::<Vec<_>>())
    }
}
