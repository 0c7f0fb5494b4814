//! Forward: the last value per field of a batch, merged into the state tables.

use std::{collections::HashMap, hash::Hash};

use linkpool_primitives::{Address, B256};
use sqlx::{AssertSqlSafe, Postgres, postgres::PgArguments, query::Query};

use crate::{Result, columns::Fields, event::EventRow, pool::Connection};

/// One entity's changes in a batch and the block of the last.
struct Change<K, F> {
    key: K,
    fields: F,
    block_number: i64,
    block_hash: B256,
}

pub(super) async fn project(connection: &mut Connection, events: &[EventRow]) -> Result<()> {
    merge(connection, "node", &["node"], fold(events, |e| e.node, |e| &e.after_node)).await?;
    merge(connection, "position", &["node", "staker"], fold(events, |e| Some((e.node?, e.staker?)), |e| &e.after_position))
        .await?;
    let ticket = |e: &EventRow| Some((e.node?, e.staker?, e.ticket?));
    merge(connection, "ticket", &["node", "staker", "ticket"], fold(events, ticket, |e| &e.after_ticket)).await?;
    merge(connection, "role", &["account"], fold(events, |e| e.account, |e| &e.after_role)).await?;
    merge(connection, "penalty_slot", &["slot"], fold(events, |e| e.slot, |e| &e.after_penalty_slot)).await?;
    merge(connection, "pool", &["pool_id"], fold(events, |_| Some(PoolKey), |e| &e.after_pool)).await
}

fn fold<K: Key, F: Fields>(
    events: &[EventRow],
    key: impl Fn(&EventRow) -> Option<K>,
    fields: impl Fn(&EventRow) -> &F,
) -> Vec<Change<K, F>> {
    let mut changes: Vec<Change<K, F>> = Vec::new();
    let mut places: HashMap<K, usize> = HashMap::new();
    for event in events {
        let (Some(key), after) = (key(event), fields(event)) else { continue };
        if after.is_empty() {
            continue;
        }
        let place = *places.entry(key).or_insert_with(|| {
            changes.push(Change { key, fields: F::default(), block_number: 0, block_hash: B256::ZERO });
            changes.len() - 1
        });
        let change = &mut changes[place];
        change.fields.merge(after);
        (change.block_number, change.block_hash) = (event.block_number, event.block_hash);
    }
    changes
}

/// A new entity's first event carries all of its fields, so `not matched` inserts a whole row; otherwise `coalesce`
/// leaves alone what the batch did not touch. Where the first event is missing at every endpoint there is no whole row to insert:
/// the entity is left out until `linkpool verify --repair` finds its event, and the rest of the batch is written.
async fn merge<K: Key, F: Fields>(
    connection: &mut Connection,
    table: &str,
    keys: &[&str],
    changes: Vec<Change<K, F>>,
) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let columns: Vec<&str> = keys.iter().chain(F::NAMES).chain(&["block_number", "block_hash"]).copied().collect();
    let types = K::TYPES.iter().chain(F::TYPES).chain(&["int8", "bytea"]);
    let arrays: Vec<String> = types.enumerate().map(|(index, sql)| format!("${}::{sql}[]", index + 1)).collect();
    let matched: Vec<String> = keys.iter().map(|key| format!("old.{key} = new.{key}")).collect();
    let set: Vec<String> =
        columns[keys.len()..].iter().map(|column| format!("{column} = coalesce(new.{column}, old.{column})")).collect();
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
    query = K::bind_all(changes.iter().map(|change| change.key).collect(), query);
    query = F::bind_all(&changes.iter().map(|change| change.fields.clone()).collect::<Vec<_>>(), query);
    query
        .bind(changes.iter().map(|change| change.block_number).collect::<Vec<_>>())
        .bind(changes.iter().map(|change| change.block_hash.to_vec()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// The key of a projection, as columns.
trait Key: Copy + Eq + Hash {
    const TYPES: &'static [&'static str];
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments>;
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct PoolKey;

impl Key for PoolKey {
    const TYPES: &'static [&'static str] = &["int2"];
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query.bind(vec![1i16; keys.len()])
    }
}

impl Key for i16 {
    const TYPES: &'static [&'static str] = &["int2"];
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query.bind(keys)
    }
}

fn addresses(values: impl Iterator<Item = Address>) -> Vec<Vec<u8>> {
    values.map(|address| address.to_vec()).collect()
}

impl Key for Address {
    const TYPES: &'static [&'static str] = &["bytea"];
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query.bind(addresses(keys.into_iter()))
    }
}

impl Key for (Address, Address) {
    const TYPES: &'static [&'static str] = &["bytea", "bytea"];
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query.bind(addresses(keys.iter().map(|key| key.0))).bind(addresses(keys.iter().map(|key| key.1)))
    }
}

impl Key for (Address, Address, i64) {
    const TYPES: &'static [&'static str] = &["bytea", "bytea", "int8"];
    fn bind_all<'q>(keys: Vec<Self>, query: Query<'q, Postgres, PgArguments>) -> Query<'q, Postgres, PgArguments> {
        query
            .bind(addresses(keys.iter().map(|key| key.0)))
            .bind(addresses(keys.iter().map(|key| key.1)))
            .bind(keys.iter().map(|key| key.2).collect::<Vec<_>>())
    }
}
