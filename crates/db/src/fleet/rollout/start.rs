//! Beginning a roll-out, once for each idempotency key. One that is under way is superseded.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use super::Rollout;
use crate::{
    Database, Result,
    fleet::{NewRelease, release},
    statement::{args, maybe, one, run},
};

/// Callers about roll-outs come one after the other.
pub(super) const LOCK: &str = "select pg_advisory_xact_lock(hashtext('linkpool rollout'))";

/// A roll-out to be. The caller has checked its lengths and bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewRollout<'a> {
    pub idempotency_key: &'a str,
    pub actor: &'a str,
    pub reason: &'a str,
    pub release: NewRelease<'a>,
    /// Nodes under way at once, 1 to 100.
    pub parallel: u16,
    pub bake: Duration,
    /// Whether it pauses by itself before each further wave.
    pub is_gated: bool,
}

/// What became of a [`NewRollout`].
#[derive(Debug, Clone, PartialEq)]
pub enum RolloutOutcome {
    Started(Rollout),
    /// The same call was accepted before.
    Repeated(Rollout),
    /// The key was used for another request.
    KeyInUse,
    /// A sentence.
    Refused(String),
}

impl Database {
    /// Records a roll-out over every node that the fleet runs, but those that a person has stopped, or taken out of every automatic step.
    pub async fn start_rollout(&self, new: &NewRollout<'_>) -> Result<RolloutOutcome> {
        let asked = asked(new);
        let mut transaction = self.pool.begin().await?;
        run(&mut *transaction, LOCK, args![]).await?;
        let insert = "insert into operation (idempotency_key, actor, kind, request) values ($1, $2, 'rollout', $3)
             on conflict (idempotency_key) do nothing returning operation_id";
        let created: Option<Uuid> = maybe(&mut *transaction, insert, args![new.idempotency_key, new.actor, asked]).await?;
        let Some(operation_id) = created else {
            transaction.rollback().await?;
            return self.rollout_again(new.idempotency_key, &asked).await;
        };
        let supersede = "update rollout set state = 'superseded', state_since = now() where state in ('running', 'paused', 'halted') returning rollout_id";
        let old: Option<i64> = maybe(&mut *transaction, supersede, args![]).await?;
        let drop = "update rollout_node set step = 'dropped', step_since = now() where rollout_id = $1 and step = 'queued'";
        run(&mut *transaction, drop, args![old]).await?;
        let number = release::store(&mut transaction, &new.release).await?;
        let insert = "insert into rollout (operation_id, release_number, actor, reason, is_gated, parallel, bake)
             values ($1, $2, $3, $4, $5, $6, make_interval(secs => $7)) returning rollout_id";
        let arguments = args![operation_id, number, new.actor, new.reason, new.is_gated, new.parallel, new.bake];
        let rollout_id: i64 = one(&mut *transaction, insert, arguments).await?;
        // One that is well shows whether the release is.
        let insert = "insert into rollout_node (rollout_id, fleet_node_id, wave)
             select $1, fleet_node_id, case when nth = 1 then 1 when nth <= 1 + ceil(nodes / 10.0) then 2 else 3 end
               from (select fleet_node_id, count(*) over () as nodes,
                            row_number() over (order by health = 'healthy' desc, created_at, fleet_node_id) as nth
                       from fleet_node where source = 'fleet' and phase <> 'quarantined' and ending is distinct from 'stopped') as listed";
        if run(&mut *transaction, insert, args![rollout_id]).await? == 0 {
            transaction.rollback().await?;
            return Ok(RolloutOutcome::Refused("the fleet runs no node: `linkpool scale up` makes one, by the settings".into()));
        }
        run(&mut *transaction, "select pg_notify('linkpool_fleet', 'rollout')", args![]).await?;
        transaction.commit().await?;
        let started = self.rollout_of(operation_id).await?;
        Ok(started.map_or(RolloutOutcome::KeyInUse, RolloutOutcome::Started))
    }

    async fn rollout_again(&self, key: &str, asked: &Value) -> Result<RolloutOutcome> {
        let select = "select operation_id, kind = 'rollout' and request = $2 from operation where idempotency_key = $1";
        let (operation_id, is_same): (Uuid, bool) = one(&self.pool, select, args![key, asked]).await?;
        let again = if is_same { self.rollout_of(operation_id).await? } else { None };
        Ok(again.map_or(RolloutOutcome::KeyInUse, RolloutOutcome::Repeated))
    }
}

/// What makes two calls the same. A configuration may hold a key: it is not written down here.
fn asked(new: &NewRollout<'_>) -> Value {
    json!({
        "program": new.release.program, "version": new.release.version, "config_bytes": new.release.config.map(str::len),
        "reason": new.reason, "parallel": new.parallel, "bake_seconds": new.bake.as_secs(), "gated": new.is_gated,
    })
}
