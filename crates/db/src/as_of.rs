//! The state as it was at the end of a block: the last value of each field at or before it.

use crate::columns::Fields;

/// What a statement selects a table's rows from: the rows as they were at the end of the block `as_of`, or, for `None`, the table itself.
///
/// A row that has not changed since is taken as it stands. The fields of the others are looked up in the events, each by an
/// index, so the cost is that of the rows changed since, not of the events since.
pub(crate) fn table_at<F: Fields>(table: &str, keys: &[&str], as_of: Option<u64>) -> String {
    let Some(block) = as_of else { return table.to_owned() };
    let names = [keys, F::NAMES].concat().join(", ");
    let changed = format!("(select {} from {table} where block_number > {block})", keys.join(", "));
    format!(
        "(select {names}, block_number from {table} where block_number <= {block} union all {})",
        last_values::<F>(keys, &changed, block)
    )
}

/// Selects the keys of `source`, their fields at the end of `block` by the events alone, and the block that changed them
/// last. A key without an event at or before the block is left out.
pub(crate) fn last_values<F: Fields>(keys: &[&str], source: &str, block: u64) -> String {
    // The pool has no key column in `event`: every event is its event.
    let mine: Vec<String> = keys.iter().filter(|key| **key != "pool_id").map(|key| format!("e.{key} = k.{key} and ")).collect();
    let mine = format!("{}e.block_number <= {block}", mine.concat());
    let newest = "order by e.block_number desc, e.log_index desc limit 1";
    let listed: Vec<String> = keys.iter().map(|key| format!("k.{key}")).collect();
    let fields: Vec<String> = F::NAMES
        .iter()
        .map(|name| format!("(select e.{name} from event e where {mine} and e.{name} is not null {newest}) as {name}"))
        .collect();
    let carries: Vec<String> = F::NAMES.iter().map(|name| format!("e.{name} is not null")).collect();
    format!(
        "select {}, {}, last.block_number from {source} k
           join lateral (select e.block_number from event e where {mine} and ({}) {newest}) last on true",
        listed.join(", "),
        fields.join(", "),
        carries.join(" or "),
    )
}
