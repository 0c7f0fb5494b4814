//! A node's history.

use chrono::{DateTime, Utc};

use crate::{
    Database, Result,
    column::row,
    statement::{all, args},
};

/// Most events read at once.
const PAGE: i64 = 1000;

row! {
    /// One row of `fleet_event`.
    #[derive(Debug, Clone, PartialEq)]
    FleetEvent {
        node_id = "fleet_node_id": String,
        /// From 1, without gaps.
        number = "event_number": u32,
        happened_at: DateTime<Utc>,
        /// A phase's word, or `error`, `waiting`, `health`, `replica`, `sent`, `mined`, `reorged`, `final`.
        kind: String,
        detail: serde_json::Value,
    }
}

impl Database {
    /// The events of some nodes after the given numbers, in the order of time; at most 1000.
    pub async fn fleet_events(&self, after: &[(String, u32)]) -> Result<Vec<FleetEvent>> {
        let select = "select e.fleet_node_id, e.event_number, e.happened_at, e.kind, e.detail
               from unnest($1::text[], $2::integer[]) as seen (fleet_node_id, event_number)
               join fleet_event e on e.fleet_node_id = seen.fleet_node_id and e.event_number > seen.event_number
              order by e.happened_at, e.fleet_node_id, e.event_number limit $3";
        let (nodes, numbers): (Vec<&str>, Vec<u32>) = after.iter().map(|(node, number)| (node.as_str(), *number)).unzip();
        all(&self.pool, select, args![nodes, numbers, PAGE]).await
    }
}
