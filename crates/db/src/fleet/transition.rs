//! Moving a node from phase to phase: by compare-and-set, with its event, in one transaction.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    Database, Result,
    fleet::Phase,
    pool::Connection,
    statement::{args, maybe, run},
};

/// A step that did not succeed.
#[derive(Debug, Clone, Copy)]
pub struct StepFailure<'a> {
    pub node_id: &'a str,
    /// The phase whose next step failed; if the node has left it meanwhile, nothing is recorded.
    pub phase: Phase,
    /// One sentence for the operator.
    pub error: &'a str,
    pub retry_in: Duration,
}

impl Database {
    /// Moves a node to `to` if it is in one of `from`; false if it is not.
    pub async fn advance_node(&self, node_id: &str, from: &[Phase], to: Phase, detail: &Value) -> Result<bool> {
        let mut transaction = self.pool.begin().await?;
        let moved = advance(&mut transaction, node_id, from, to, detail).await?;
        transaction.commit().await?;
        Ok(moved)
    }

    /// Records that a step failed and when it is due again. A sentence that is new is also an event.
    pub async fn record_failure(&self, failure: StepFailure<'_>) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update =
            "update fleet_node set attempts = attempts + 1, retry_at = now() + make_interval(secs => $4), last_error = $3, waiting_for = null
               from (select last_error as old from fleet_node where fleet_node_id = $1 for update) as was
              where fleet_node_id = $1 and phase = $2 returning was.old is distinct from $3";
        let news: Option<bool> =
            maybe(&mut *transaction, update, args![failure.node_id, failure.phase, failure.error, failure.retry_in]).await?;
        if news == Some(true) {
            record(
                &mut transaction,
                failure.node_id,
                "error",
                &json!({ "phase": failure.phase.as_str(), "error": failure.error }),
            )
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Records what a step waits for, and when it is looked at again. That is no failure; a sentence that is new is an event all the same.
    pub async fn record_waiting(&self, waiting: StepFailure<'_>) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let update = "update fleet_node set attempts = 0, retry_at = now() + make_interval(secs => $4), last_error = null, waiting_for = $3
               from (select waiting_for as old from fleet_node where fleet_node_id = $1 for update) as was
              where fleet_node_id = $1 and phase = $2 returning was.old is distinct from $3";
        let (id, phase, sentence) = (waiting.node_id, waiting.phase, waiting.error);
        let news: Option<bool> = maybe(&mut *transaction, update, args![id, phase, sentence, waiting.retry_in]).await?;
        if news == Some(true) {
            record(&mut transaction, id, "waiting", &json!({ "phase": phase.as_str(), "for": sentence })).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Takes a node out of every automatic step, because of something that a person must look at.
    pub async fn quarantine_node(&self, node_id: &str, why: &str) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let from: Vec<Phase> = Phase::ALL.iter().copied().filter(|phase| *phase != Phase::Quarantined).collect();
        if advance(&mut transaction, node_id, &from, Phase::Quarantined, &json!({ "error": why })).await? {
            run(&mut *transaction, "update fleet_node set last_error = $2 where fleet_node_id = $1", args![node_id, why]).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Appends an event to a node's history.
    pub async fn record_event(&self, node_id: &str, kind: &str, detail: &Value) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        record(&mut transaction, node_id, kind, detail).await?;
        Ok(transaction.commit().await?)
    }
}

/// [`Database::advance_node`] inside a transaction. The event's kind is the new phase.
pub(crate) async fn advance(
    connection: &mut Connection,
    node_id: &str,
    from: &[Phase],
    to: Phase,
    detail: &Value,
) -> Result<bool> {
    let update =
        "update fleet_node set phase = $3, phase_since = clock_timestamp(), attempts = 0, retry_at = null, last_error = null, waiting_for = null
          where fleet_node_id = $1 and phase = any($2)";
    let moved = run(&mut *connection, update, args![node_id, from, to]).await?;
    if moved == 0 {
        return Ok(false);
    }
    record(connection, node_id, to.as_str(), detail).await?;
    Ok(true)
}

/// Appends an event and wakes whoever listens once the transaction commits.
///
/// The node's row is locked by it until then, which is what keeps the numbers in the order of the commits.
pub(crate) async fn record(connection: &mut Connection, node_id: &str, kind: &str, detail: &Value) -> Result<()> {
    let statement = "with numbered as (
             update fleet_node set event_number = event_number + 1 where fleet_node_id = $1 returning fleet_node_id, event_number
         ), logged as (
             insert into fleet_event (fleet_node_id, event_number, kind, detail) select fleet_node_id, event_number, $2, $3 from numbered
         )
         select pg_notify('linkpool_fleet', fleet_node_id) from numbered";
    run(connection, statement, args![node_id, kind, detail]).await?;
    Ok(())
}
