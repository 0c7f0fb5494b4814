//! How scaling stands: the guard's sum, what automatic scaling has decided, and what an operator lifts or lets go on.

use std::time::Duration;

use axum::{Json, body::Bytes, extract::State};

use super::{
    actions::parse,
    scale_types::{DecisionView, GuardView, OverrideGuard, ResumeScaling, ScaleAnswer, ScaleView},
    shared::{ACTOR, Operator, check_reason},
    types::{Envelope, Word},
};
use crate::problem::Problem;

/// Longest override: a day. Whoever means longer says so again.
const MAX_OVERRIDE_MINUTES: u32 = 1_440;

/// `GET /scale`
pub(super) async fn show(State(operator): State<Operator>) -> Result<Json<Envelope<ScaleView>>, Problem> {
    Ok(Envelope::json(standing(&operator).await?))
}

/// The guard's sum, and what automatic scaling has decided.
pub(super) async fn standing(operator: &Operator) -> Result<ScaleView, Problem> {
    let guard = operator.database.guard_numbers().await?.map(|numbers| GuardView::new(numbers, 1));
    let (state, decisions) = operator.database.autoscale_state().await?;
    let decisions = decisions.into_iter().map(|it| DecisionView {
        decided_at: it.decided_at,
        block: it.block_number,
        decision: Word(it.kind),
        why: it.why,
        inputs: it.inputs,
    });
    Ok(ScaleView {
        guard,
        is_automatic: operator.rules.scales_by_itself,
        blocked_network: state.blocked_network,
        blocked_at: state.blocked_at,
        stopped_why: state.stopped_why,
        override_ends_at: state.override_ends_at,
        override_reason: state.override_reason,
        decisions: decisions.collect(),
    })
}

/// `POST /scale/override`
pub(super) async fn override_guard(
    State(operator): State<Operator>,
    body: Bytes,
) -> Result<Json<Envelope<ScaleAnswer>>, Problem> {
    let asked: OverrideGuard = parse(&body)?;
    check_reason(&asked.reason)?;
    if !(1..=MAX_OVERRIDE_MINUTES).contains(&asked.minutes) {
        return Err(Problem::invalid_field("minutes", format!("must be from 1 to {MAX_OVERRIDE_MINUTES}")));
    }
    let duration = Duration::from_secs(60 * u64::from(asked.minutes));
    let ends_at = operator.database.override_guard(duration, ACTOR, &asked.reason).await?;
    tracing::warn!(
        minutes = asked.minutes,
        reason = asked.reason,
        "an operator has lifted hysteresis, dwell and budgets of automatic scaling"
    );
    Ok(Envelope::json(ScaleAnswer { changed: true, override_ends_at: Some(ends_at) }))
}

/// `POST /scale/resume`
pub(super) async fn resume(State(operator): State<Operator>, body: Bytes) -> Result<Json<Envelope<ScaleAnswer>>, Problem> {
    let asked: ResumeScaling = parse(&body)?;
    check_reason(&asked.reason)?;
    let changed = operator.database.resume_autoscale(ACTOR, &asked.reason).await?;
    tracing::info!(changed, reason = asked.reason, "an operator has automatic scaling go on");
    Ok(Envelope::json(ScaleAnswer { changed, override_ends_at: None }))
}
