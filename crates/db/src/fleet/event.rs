//! A node's history.

use chrono::{DateTime, Utc};
use sqlx::Row;

use crate::{Database, Result};

/// Most events read at once.
const PAGE: i64 = 1000;

/// One row of `fleet_event`.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetEvent {
    pub node_id: String,
    /// From 1, without gaps.
    pub number: u32,
    pub happened_at: DateTime<Utc>,
    /// A phase's word, or `error`, `health`, `replica`, `sent`, `mined`, `reorged`, `final`.
    pub kind: String,
    pub detail: serde_json::Value,
}

impl Database {
    /// The events of some nodes after the given numbers, in the order of time; at most 1000.
    pub async fn fleet_events(&self, after: &[(String, u32)]) -> Result<Vec<FleetEvent>> {
        let rows = sqlx::query(
            "select e.fleet_node_id, e.event_number, e.happened_at, e.kind, e.detail
               from unnest($1::text[], $2::integer[]) as seen (fleet_node_id, event_number)
               join fleet_event e on e.fleet_node_id = seen.fleet_node_id and e.event_number > seen.event_number
              order by e.happened_at, e.fleet_node_id, e.event_number limit $3",
        )
        .bind(after.iter().map(|(node, _)| node.as_str()).collect::<Vec<_>>())
        .bind(after.iter().map(|(_, number)| i32::try_from(*number).unwrap_or(i32::MAX)).collect::<Vec<_>>())
        .bind(PAGE)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows
            .iter()
            .map(|row| FleetEvent {
                node_id: row.get(0),
                number: row.get::<i32, _>(1).unsigned_abs(),
                happened_at: row.get(2),
                kind: row.get(3),
                detail: row.get(4),
            })
            .collect())
    }
}
