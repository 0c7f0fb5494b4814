//! Counts for metrics.

use std::collections::BTreeMap;

use crate::{
    Database, Result,
    statement::{all, args, one},
};

/// What the tables say now. Names are those that the rows carry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetStatistics {
    pub nodes_by_phase: BTreeMap<String, i64>,
    pub nodes_by_health: BTreeMap<String, i64>,
    pub replicas_by_state: BTreeMap<String, i64>,
    /// Of the newest roll-out.
    pub rollout_nodes_by_step: BTreeMap<String, i64>,
    /// Whether it waits for a person, because a node did not get through.
    pub is_rollout_halted: bool,
    /// Whether the guard keeps automatic scaling from a node, and whether that waits for a person.
    pub is_autoscale_blocked: bool,
    pub is_autoscale_stopped: bool,
    /// Nodes whose database could not be kept, or was not for two days though it should be.
    pub nodes_not_kept: i64,
    pub requests_by_state: BTreeMap<String, i64>,
    /// Age of the oldest transaction that should be sent or mined; 0 where there is none.
    pub oldest_pending_seconds: f64,
    /// Seconds from the call that asked for a node to its being open, of those that opened within an hour.
    pub opened_in_seconds: Option<f64>,
    pub findings_by_kind: BTreeMap<String, i64>,
    /// Since the last audit; `None` before the first.
    pub audit_age_seconds: Option<f64>,
}

impl Database {
    pub async fn fleet_statistics(&self) -> Result<FleetStatistics> {
        let select = "select coalesce((select extract(epoch from clock_timestamp() - min(created_at))::float8
                        from transaction_request where state in ('queued', 'assigned')), 0),
                    (select extract(epoch from avg(phase_since - created_at))::float8
                        from fleet_node where phase = 'open' and source = 'fleet' and phase_since > now() - interval '1 hour'),
                    (select extract(epoch from clock_timestamp() - max(audited_at))::float8 from node_audit)";
        let (oldest_pending_seconds, opened_in_seconds, audit_age_seconds) = one(&self.pool, select, args![]).await?;
        let select = "select blocked_network is not null, stopped_why is not null from autoscale";
        let (is_autoscale_blocked, is_autoscale_stopped) = one(&self.pool, select, args![]).await?;
        let select =
            "select count(*) filter (where keep_error is not null or (must_keep and kept_at < now() - interval '2 days'))
               from fleet_node, keeping where source = 'fleet' and ending is distinct from 'stopped'";
        let nodes_not_kept = one(&self.pool, select, args![]).await?;
        Ok(FleetStatistics {
            nodes_not_kept,
            is_autoscale_blocked,
            is_autoscale_stopped,
            nodes_by_phase: self.counts("select phase, count(*) from fleet_node group by 1").await?,
            nodes_by_health: self
                .counts("select health, count(*) from fleet_node where ending is distinct from 'stopped' group by 1")
                .await?,
            replicas_by_state: self.counts("select state, count(*) from fleet_replica group by 1").await?,
            rollout_nodes_by_step: self
                .counts(
                    "select step, count(*) from rollout_node where rollout_id = (select max(rollout_id) from rollout) group by 1",
                )
                .await?,
            is_rollout_halted: one(&self.pool, "select exists (select from rollout where state = 'halted')", args![]).await?,
            requests_by_state: self.counts("select state, count(*) from transaction_request group by 1").await?,
            oldest_pending_seconds,
            opened_in_seconds,
            findings_by_kind: self
                .counts(
                    "select finding ->> 'kind', count(*) from jsonb_array_elements(
                        (select findings from node_audit order by node_audit_id desc limit 1)) finding group by 1",
                )
                .await?,
            audit_age_seconds,
        })
    }

    async fn counts(&self, statement: &'static str) -> Result<BTreeMap<String, i64>> {
        let rows: Vec<(String, i64)> = all(&self.pool, statement, args![]).await?;
        Ok(rows.into_iter().collect())
    }
}
