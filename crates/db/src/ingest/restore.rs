//! Backward: after the events of a removed branch are gone, each touched field is the last value that remains.

use sqlx::AssertSqlSafe;

use super::affected_keys::AffectedKeys;
use crate::{
    Result,
    columns::{Fields, NodeFields, PenaltySlotFields, PoolFields, PositionFields, RoleFields, TicketFields},
    pool::Connection,
};

const NEWEST: &str = "order by e.block_number desc, e.log_index desc limit 1";

pub(super) async fn restore(connection: &mut Connection, affected: &AffectedKeys) -> Result<()> {
    if !affected.pool {
        return Ok(());
    }
    let keys = "unnest($1::bytea[]) as k(node)";
    for statement in statements::<NodeFields>("node", &["node"], keys) {
        sqlx::query(AssertSqlSafe(statement)).bind(&affected.nodes).execute(&mut *connection).await?;
    }
    let keys = "unnest($1::bytea[], $2::bytea[]) as k(node, staker)";
    for statement in statements::<PositionFields>("position", &["node", "staker"], keys) {
        let query = sqlx::query(AssertSqlSafe(statement)).bind(&affected.positions.0).bind(&affected.positions.1);
        query.execute(&mut *connection).await?;
    }
    let keys = "unnest($1::bytea[], $2::bytea[], $3::int8[]) as k(node, staker, ticket)";
    for statement in statements::<TicketFields>("ticket", &["node", "staker", "ticket"], keys) {
        let query =
            sqlx::query(AssertSqlSafe(statement)).bind(&affected.tickets.0).bind(&affected.tickets.1).bind(&affected.tickets.2);
        query.execute(&mut *connection).await?;
    }
    for statement in statements::<RoleFields>("role", &["account"], "unnest($1::bytea[]) as k(account)") {
        sqlx::query(AssertSqlSafe(statement)).bind(&affected.accounts).execute(&mut *connection).await?;
    }
    for statement in statements::<PenaltySlotFields>("penalty_slot", &["slot"], "unnest($1::int2[]) as k(slot)") {
        sqlx::query(AssertSqlSafe(statement)).bind(&affected.penalty_slots).execute(&mut *connection).await?;
    }
    for statement in statements::<PoolFields>("pool", &[], "(values (1::smallint)) as k(pool_id)") {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Delete the touched rows, then insert those that still have events, field by field from the newest event that carries it. One
/// whose first event is missing is left out, as it was before.
fn statements<F: Fields>(table: &str, keys: &[&str], source: &str) -> [String; 2] {
    let own: Vec<&str> = if keys.is_empty() { vec!["pool_id"] } else { keys.to_vec() };
    let on = |left: &str| own.iter().map(|key| format!("{left}.{key} = k.{key}")).collect::<Vec<_>>().join(" and ");
    // The pool has no key column in `event`: every event is its event.
    let mine = if keys.is_empty() { "true".to_owned() } else { on("e") };
    let carries: Vec<String> = F::NAMES.iter().map(|name| format!("e.{name} is not null")).collect();
    let fields: Vec<String> = F::NAMES
        .iter()
        .map(|name| format!("(select e.{name} from event e where {mine} and e.{name} is not null {NEWEST})"))
        .collect();
    let whole: Vec<String> = F::NAMES.iter().map(|name| format!("made.{name} is not null")).collect();
    let columns = [own.join(", "), F::NAMES.join(", ")].join(", ");
    let listed: Vec<String> = own.iter().map(|key| format!("k.{key}")).collect();
    [
        format!("delete from {table} t using {source} where {}", on("t")),
        format!(
            "insert into {table} ({columns}, block_number)
             select * from (select distinct {}, {}, last.block_number from {source}
             join lateral (select e.block_number from event e where {mine} and ({}) {NEWEST}) last on true) made ({columns}, block_number) where {}",
            listed.join(", "),
            fields.join(", "),
            carries.join(" or "),
            whole.join(" and "),
        ),
    ]
}
