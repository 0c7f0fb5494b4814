//! What an operator does with the roll-out that is under way.

use linkpool_primitives::words;

use super::{Rollout, RolloutState, model::open, start::LOCK};
use crate::{
    Database, Result,
    fleet::{OperatorRequestOutcome, request::finish},
    pool::Transaction,
    statement::{args, run},
};

words! {
    /// What an operator asks of a roll-out.
    pub enum RolloutAction {
        /// No node takes its next step to the door; those behind it go on.
        Pause = "pause",
        /// It goes on; one that runs goes on to all nodes at once.
        Promote = "promote",
        /// What can go back goes back, the rest goes on to its end, and no further node begins.
        Abort = "abort",
    }
}

/// Such a request, with who and why for the audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RolloutRequest<'a> {
    pub action: RolloutAction,
    pub actor: &'a str,
    pub reason: &'a str,
    /// Says what would happen, and does nothing.
    pub dry_run: bool,
}

impl Database {
    /// Does what is asked with the roll-out that is not over.
    pub async fn control_rollout(&self, request: &RolloutRequest<'_>) -> Result<OperatorRequestOutcome> {
        let mut transaction = self.pool.begin().await?;
        run(&mut *transaction, LOCK, args![]).await?;
        // Nobody else changes its state while the lock is held, but for the fleet, which only ever halts or ends it.
        let Some(rollout) = open(&mut transaction).await? else {
            return Ok(OperatorRequestOutcome::Refused(
                "no roll-out is under way; `linkpool rollout status` shows the last one".into(),
            ));
        };
        let changed = match (request.action, rollout.state) {
            (RolloutAction::Pause, RolloutState::Paused) => false,
            (RolloutAction::Pause, _) => pause(&mut transaction, &rollout, request).await?,
            (RolloutAction::Promote, RolloutState::Running) if rollout.wave == 3 => false,
            (RolloutAction::Promote, RolloutState::Running) => {
                let update = "update rollout set wave = 3, is_gated = false where rollout_id = $1 and state = 'running'";
                run(&mut *transaction, update, args![rollout.id]).await? == 1
            }
            (RolloutAction::Promote, _) => resume(&mut transaction, &rollout).await?,
            (RolloutAction::Abort, _) => abort(&mut transaction, &rollout, request).await?,
        };
        if !changed {
            return Ok(OperatorRequestOutcome::Repeated);
        }
        run(&mut *transaction, "select pg_notify('linkpool_fleet', 'rollout')", args![]).await?;
        finish(transaction, request.dry_run).await
    }
}

async fn pause(transaction: &mut Transaction, rollout: &Rollout, request: &RolloutRequest<'_>) -> Result<bool> {
    let update = "update rollout set state = 'paused', state_since = now(), why = $2 where rollout_id = $1 and state in ('running', 'halted')";
    Ok(run(&mut **transaction, update, args![rollout.id, why(request)]).await? == 1)
}

/// What waited for it has as much time left as it had.
async fn resume(transaction: &mut Transaction, rollout: &Rollout) -> Result<bool> {
    let update = "update rollout_node n set deadline = deadline + (clock_timestamp() - greatest(state_since, step_since))
           from rollout r where r.rollout_id = n.rollout_id and r.rollout_id = $1 and step in ('snapshot', 'create', 'wait')";
    run(&mut **transaction, update, args![rollout.id]).await?;
    let update = "update rollout set state = 'running', state_since = now(), why = null where rollout_id = $1 and state in ('paused', 'halted')";
    Ok(run(&mut **transaction, update, args![rollout.id]).await? == 1)
}

async fn abort(transaction: &mut Transaction, rollout: &Rollout, request: &RolloutRequest<'_>) -> Result<bool> {
    let drop = "update rollout_node set step = 'dropped', step_since = now() where rollout_id = $1 and step = 'queued'";
    run(&mut **transaction, drop, args![rollout.id]).await?;
    let update = "update rollout set state = 'aborted', state_since = now(), why = $2 where rollout_id = $1 and state in ('running', 'paused', 'halted')";
    Ok(run(&mut **transaction, update, args![rollout.id, why(request)]).await? == 1)
}

fn why(request: &RolloutRequest<'_>) -> String {
    format!("{}: {}", request.actor, request.reason)
}
