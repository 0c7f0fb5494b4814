//! Roll-outs: what one would do, begin one, look at it, and stop, go on or go back.

use std::time::Duration;

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use linkpool_db::fleet::{
    FleetNode, MAX_CONFIG_BYTES, NewRelease, NewRollout, OperatorRequestOutcome, PairHealth, Phase, Rollout, RolloutAction,
    RolloutNode, RolloutOutcome, RolloutRequest, Source,
};

use super::{
    nodes::idempotency_key,
    rollout_types::{PlannedNode, RolloutAnswer, RolloutNodeView, RolloutPlan, RolloutView, StartRollout},
    rules::RolloutRules,
    shared::{ACTOR, MAX_REASON_LENGTH, Operator, check_reason},
    types::{Action, Envelope, Outcome, Word},
};
use crate::problem::{FieldError, IDEMPOTENCY_KEY_REUSED, NOT_FOUND, Problem, REFUSED};

/// Longest body: a configuration, and what stands around it.
pub(super) const MAX_BODY_BYTES: usize = 2 * MAX_CONFIG_BYTES + 4096;
/// Longest bake: a week.
const MAX_BAKE_SECONDS: u64 = 604_800;
const MAX_PARALLEL: u16 = 100;
const MAX_PATH_LENGTH: usize = 1_000;
const MAX_VERSION_LENGTH: usize = 100;

/// `POST /rollouts`
pub(super) async fn start(State(operator): State<Operator>, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    let asked = read(&body)?;
    let rules = &operator.rules.rollout;
    let nodes = operator.database.nodes_from(&[Source::Fleet]).await?;
    let plan = plan(&asked, rules, &nodes, operator.database.open_rollout().await?.map(|rollout| rollout.id));
    if let Some(why) = rules.cannot_keep.as_ref().filter(|_| asked.changes_version() && plan.nodes.iter().any(|it| it.is_door)) {
        return Err(Problem::new(&REFUSED, why.clone()));
    }
    if asked.dry_run {
        return Ok(Envelope::json(plan).into_response());
    }
    let key = idempotency_key(&headers).map_err(|error| Problem::invalid(vec![error]))?;
    let new = NewRollout {
        idempotency_key: &key,
        actor: ACTOR,
        reason: &asked.reason,
        release: NewRelease {
            program: asked.program.as_deref(),
            version: asked.version.as_deref(),
            config: asked.config.as_deref(),
        },
        parallel: plan.parallel,
        bake: Duration::from_secs(plan.bake_seconds),
        is_gated: asked.gated,
    };
    let (status, rollout) = match operator.database.start_rollout(&new).await? {
        RolloutOutcome::Started(rollout) => (StatusCode::ACCEPTED, rollout),
        RolloutOutcome::Repeated(rollout) => (StatusCode::OK, rollout),
        RolloutOutcome::KeyInUse => {
            return Err(Problem::new(
                &IDEMPOTENCY_KEY_REUSED,
                "this `Idempotency-Key` was used with another body; choose a new key for a new call",
            ));
        }
        RolloutOutcome::Refused(why) => return Err(Problem::new(&REFUSED, why)),
    };
    tracing::info!(rollout = rollout.id, version = rollout.version, "a roll-out was asked for");
    Ok((status, Envelope::json(view(&operator, &rollout).await?)).into_response())
}

/// `GET /rollout`
pub(super) async fn show(State(operator): State<Operator>) -> Result<Json<Envelope<RolloutView>>, Problem> {
    let none = || Problem::new(&NOT_FOUND, "there was no roll-out yet; `linkpool rollout plan` shows what one would do");
    Ok(Envelope::json(newest(&operator).await?.ok_or_else(none)?))
}

/// The newest one; `None` before the first.
pub(super) async fn newest(operator: &Operator) -> Result<Option<RolloutView>, Problem> {
    match operator.database.last_rollout().await? {
        Some(rollout) => view(operator, &rollout).await.map(Some),
        None => Ok(None),
    }
}

/// `POST /rollout/{action}`
pub(super) async fn control(
    State(operator): State<Operator>,
    Path(action): Path<String>,
    body: Bytes,
) -> Result<Json<Envelope<RolloutAnswer>>, Problem> {
    let action: RolloutAction =
        action.parse().map_err(|_| Problem::new(&NOT_FOUND, "a roll-out takes pause, promote and abort"))?;
    let asked: Action = serde_json::from_slice(&body).map_err(|error| {
        Problem::invalid_field("body", format!("must be JSON such as {{\"reason\": \"maintenance\"}}: {error}"))
    })?;
    check_reason(&asked.reason)?;
    let request = RolloutRequest { action, actor: ACTOR, reason: &asked.reason, dry_run: asked.dry_run };
    let outcome = match operator.database.control_rollout(&request).await? {
        OperatorRequestOutcome::Done => Outcome::Done,
        OperatorRequestOutcome::Repeated => Outcome::Repeated,
        OperatorRequestOutcome::NoSuchNode => return Err(super::shared::no_such_node()),
        OperatorRequestOutcome::Refused(why) => return Err(Problem::new(&REFUSED, why)),
    };
    tracing::info!(
        action = action.as_str(),
        outcome = outcome.as_str(),
        dry_run = asked.dry_run,
        "an operator's call about a roll-out"
    );
    Ok(Envelope::json(RolloutAnswer { action: Word(action), outcome: Word(outcome), dry_run: asked.dry_run }))
}

impl StartRollout {
    fn changes_version(&self) -> bool {
        self.program.is_some() || self.version.is_some()
    }

    /// Whether a node of this version finds no way back. Without a version of its own the program may be any.
    fn is_door(&self, version: Option<&str>) -> bool {
        self.changes_version() && (self.version.is_none() || self.version.as_deref() != version)
    }

    fn mistakes(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut check = |field: &str, good: bool, detail: String| {
            if !good {
                errors.push(FieldError { field: field.into(), detail });
            }
        };
        let program = self.program.as_deref();
        let path = program.is_none_or(|path| path.starts_with('/') && path.len() <= MAX_PATH_LENGTH);
        check("program", path, format!("must be an absolute path of at most {MAX_PATH_LENGTH} characters"));
        let is_version = |text: &str| (1..=MAX_VERSION_LENGTH).contains(&text.len()) && text.is_ascii() && !text.contains(' ');
        check("version", self.version.as_deref().is_none_or(is_version), "must be a version such as 2.32.0".into());
        let short = self.config.as_ref().is_none_or(|config| config.len() <= MAX_CONFIG_BYTES);
        check("config", short, format!("must have at most {MAX_CONFIG_BYTES} bytes"));
        let parallel = self.parallel.is_none_or(|parallel| (1..=MAX_PARALLEL).contains(&parallel));
        check("parallel", parallel, format!("must be from 1 to {MAX_PARALLEL}"));
        let bake = self.bake_seconds.is_none_or(|bake| bake <= MAX_BAKE_SECONDS);
        check("bake_seconds", bake, format!("must be at most {MAX_BAKE_SECONDS}"));
        let reason = (1..=MAX_REASON_LENGTH).contains(&self.reason.trim().chars().count());
        check("reason", reason, format!("must have 1 to {MAX_REASON_LENGTH} characters: it is the audit of the call"));
        errors
    }
}

fn read(body: &[u8]) -> Result<StartRollout, Problem> {
    let asked: StartRollout = serde_json::from_slice(body).map_err(|error| {
        let example = r#"{"version": "2.32.0", "program": "/usr/local/bin/chainlink-2.32.0", "reason": "…"}"#;
        Problem::invalid_field("body", format!("must be JSON such as {example}: {error}"))
    })?;
    let mistakes = asked.mistakes();
    if mistakes.is_empty() { Ok(asked) } else { Err(Problem::invalid(mistakes)) }
}

/// In the order of the roll-out itself: one that is well goes first.
fn plan(asked: &StartRollout, rules: &RolloutRules, nodes: &[FleetNode], supersedes: Option<i64>) -> RolloutPlan {
    let mut nodes: Vec<&FleetNode> = nodes.iter().filter(|node| node.phase != Phase::Quarantined).collect();
    nodes.sort_by_key(|node| (node.health != PairHealth::Healthy, node.created_at, node.id.clone()));
    let tenth = nodes.len().div_ceil(10);
    let wave = |index: usize| {
        if index == 0 {
            1
        } else if index <= tenth {
            2
        } else {
            3
        }
    };
    let planned: Vec<PlannedNode> = nodes
        .iter()
        .enumerate()
        .map(|(index, node)| PlannedNode {
            node_id: node.id.clone(),
            wave: wave(index),
            version: node.version.clone(),
            is_door: asked.is_door(node.version.as_deref()),
        })
        .collect();
    let parallel = asked.parallel.unwrap_or(rules.parallel);
    let bake_seconds = asked.bake_seconds.unwrap_or(rules.bake.as_secs());
    let waves = [1, 2, 3].map(|wave| planned.iter().filter(|node| node.wave == wave).count());
    let rounds: usize = waves.iter().map(|count| count.div_ceil(parallel.into())).sum();
    let seconds = (rules.usual.as_secs() + bake_seconds) * rounds as u64;
    RolloutPlan { parallel, bake_seconds, waves, seconds, nodes: planned, supersedes }
}

async fn view(operator: &Operator, rollout: &Rollout) -> Result<RolloutView, Problem> {
    let nodes = operator.database.rollout_nodes(rollout.id).await?;
    let rollout = rollout.clone();
    Ok(RolloutView {
        id: rollout.id,
        release: rollout.release_number,
        version: rollout.version,
        program: rollout.program,
        has_config: rollout.has_config,
        state: Word(rollout.state),
        state_since: rollout.state_since,
        why: rollout.why,
        wave: rollout.wave,
        is_gated: rollout.is_gated,
        parallel: rollout.parallel,
        bake_seconds: rollout.bake.as_secs(),
        actor: rollout.actor,
        reason: rollout.reason,
        started_at: rollout.started_at,
        nodes: nodes.iter().map(RolloutNodeView::from).collect(),
    })
}

impl From<&RolloutNode> for RolloutNodeView {
    fn from(node: &RolloutNode) -> Self {
        let seen = |key: &str| node.before[key].as_str().map(str::to_owned);
        Self {
            node_id: node.node_id.clone(),
            wave: node.wave,
            step: Word(node.step),
            step_since: node.step_since,
            from_generation: node.from_generation,
            to_generation: node.to_generation,
            from_version: seen("from_version"),
            to_version: seen("to_version"),
            is_door: node.is_door,
            is_back: node.is_back,
            snapshot: seen("snapshot"),
            error: node.error.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, wrong: &[&str]) {
        let found = match read(body.as_bytes()) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors.into_iter().map(|error| error.field).collect(),
        };
        assert_eq!(found, wrong, "{body}");
    }

    #[test]
    fn every_mistake_of_a_call_is_named_at_once() {
        check(r#"{"reason": "x"}"#, &[]);
        check(
            r#"{"program": "/bin/x", "version": "2.32.0", "config": "", "parallel": 5, "bake_seconds": 0, "reason": "x"}"#,
            &[],
        );
        let wrong = r#"{"program": "x", "version": "", "parallel": 0, "bake_seconds": 604801, "reason": " "}"#;
        check(wrong, &["program", "version", "parallel", "bake_seconds", "reason"]);
        check(r#"{"reason": "x", "verison": "2"}"#, &["body"]);
    }

    #[test]
    fn another_version_is_a_door_and_so_is_one_that_nobody_knows() {
        let asked = |program: Option<&str>, version: Option<&str>| StartRollout {
            program: program.map(Into::into),
            version: version.map(Into::into),
            ..read(br#"{"reason": "x"}"#).unwrap()
        };
        assert!(!asked(None, None).is_door(Some("2.31.0")), "a configuration alone");
        assert!(!asked(None, Some("2.31.0")).is_door(Some("2.31.0")));
        assert!(asked(None, Some("2.32.0")).is_door(Some("2.31.0")));
        assert!(asked(Some("/bin/x"), None).is_door(Some("2.31.0")) && asked(None, Some("2.31.0")).is_door(None));
    }
}
