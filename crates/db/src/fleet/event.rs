//! A node's history.

use std::{collections::HashMap, time::Duration};

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
        /// A phase's word, or `error`, `waiting`, `health`, `replica`, `kept`, `not_kept`, `restored`, `sent`, `mined`, `reorged`, `final`.
        kind: String,
        detail: serde_json::Value,
    }
}

impl Database {
    /// How many replicas of each node were replaced since `ago`, whichever fleet did it.
    pub async fn replaced_since(&self, ago: Duration) -> Result<HashMap<String, u32>> {
        let select = "select fleet_node_id, count(*) from fleet_event
              where kind = 'replica' and happened_at > now() - make_interval(secs => $1) group by 1";
        let rows: Vec<(String, u32)> = all(&self.pool, select, args![ago]).await?;
        Ok(rows.into_iter().collect())
    }

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
