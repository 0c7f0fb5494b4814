//! The bridges and jobs that the fleet makes equal on its nodes: what they shall be, and how far each node is.

use std::collections::HashMap;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use linkpool_db::fleet::{FleetNode, JobItem, JobSetOutcome, NodeJobs, Source, StoredJobSet};
use linkpool_jobs::{Change, Desired, JobSet, MAX_SET_BYTES, Progress, Variables, difference};
use linkpool_primitives::{ItemKind, ItemState, checksum};

use super::{
    shared::{ACTOR, Operator, check_reason},
    types::{ApplyJobs, Envelope, JobChange, JobsAnswer, JobsOutcome, JobsView, NodeChanges, NodeJobsView, Word},
};
use crate::problem::{FieldError, Problem, REFUSED};

/// Longest body: a set, and what stands around it.
pub(super) const MAX_BODY_BYTES: usize = MAX_SET_BYTES + 4096;

/// Most mistakes that are told at once.
const MAX_MISTAKES: usize = 50;

/// `GET /jobs`
pub(super) async fn show(State(operator): State<Operator>) -> Result<Json<Envelope<JobsView>>, Problem> {
    let stored = operator.database.job_set().await?;
    let set = set_of(stored.as_ref())?;
    let nodes = operator.database.jobs_of_nodes().await?.iter().map(NodeJobsView::from).collect();
    Ok(Envelope::json(JobsView {
        version: stored.as_ref().map_or(0, |it| it.version),
        made_at: stored.as_ref().map(|it| it.made_at),
        actor: stored.as_ref().map(|it| it.actor.clone()),
        reason: stored.and_then(|it| it.reason),
        set,
        nodes,
    }))
}

/// `POST /jobs`
pub(super) async fn apply(State(operator): State<Operator>, body: Bytes) -> Result<Response, Problem> {
    let asked = read(&body)?;
    let database = &operator.database;
    let stored = database.job_set().await?;
    let (newest, present) = (stored.as_ref().map_or(0, |it| it.version), set_of(stored.as_ref())?);
    let changes: Vec<JobChange> = difference(&present, &asked.set).into_iter().map(JobChange::from).collect();
    let nodes = effects(&operator, &asked.set).await?;
    if asked.version.is_some_and(|version| version != newest) {
        return Err(moved(newest));
    }
    let (outcome, version) = if asked.dry_run {
        let same = changes.is_empty() && stored.is_some();
        if same { (JobsOutcome::Unchanged, newest) } else { (JobsOutcome::Stored, newest + 1) }
    } else {
        let content = serde_json::to_value(&asked.set).map_err(|error| Problem::invalid_field("set", error.to_string()))?;
        match database.store_job_set(asked.version, &content, ACTOR, Some(&asked.reason)).await? {
            JobSetOutcome::Stored(version) => (JobsOutcome::Stored, version),
            JobSetOutcome::Unchanged(version) => (JobsOutcome::Unchanged, version),
            JobSetOutcome::Moved(version) => return Err(moved(version)),
        }
    };
    let is_new = outcome == JobsOutcome::Stored && !asked.dry_run;
    tracing::info!(version, outcome = outcome.as_str(), dry_run = asked.dry_run, "an operator's set of bridges and jobs");
    let answer = JobsAnswer { version, outcome: Word(outcome), dry_run: asked.dry_run, changes, nodes };
    Ok((if is_new { StatusCode::ACCEPTED } else { StatusCode::OK }, Envelope::json(answer)).into_response())
}

fn read(body: &[u8]) -> Result<ApplyJobs, Problem> {
    let asked: ApplyJobs = serde_json::from_slice(body).map_err(|error| {
        Problem::invalid_field(
            "body",
            format!("must be JSON such as {{\"set\": {{\"bridges\": {{}}, \"jobs\": {{}}}}, \"reason\": \"…\"}}: {error}"),
        )
    })?;
    check_reason(&asked.reason)?;
    let mistakes = asked.set.mistakes();
    if mistakes.is_empty() {
        return Ok(asked);
    }
    let errors = mistakes.iter().take(MAX_MISTAKES).map(|mistake| {
        let field = mistake.item.as_ref().map_or_else(|| "set".into(), |(kind, name)| format!("set.{kind}s.{name}"));
        FieldError { field, detail: mistake.to_string() }
    });
    Err(Problem::invalid(errors.collect()))
}

fn set_of(stored: Option<&StoredJobSet>) -> Result<JobSet, Problem> {
    let Some(stored) = stored else { return Ok(JobSet::default()) };
    let newer = || Problem::new(&REFUSED, "the newest set is one that this version does not know: use the newer linkpool");
    serde_json::from_value(stored.content.clone()).map_err(|_| newer())
}

fn moved(version: u32) -> Problem {
    Problem::new(&REFUSED, format!("the newest set is version {version} by now: look at it, and apply yours again"))
}

/// What each node would be given, as far as it is written down what it has.
async fn effects(operator: &Operator, set: &JobSet) -> Result<Vec<NodeChanges>, Problem> {
    let database = &operator.database;
    let deployment = database.deployment().await?;
    let mut given: HashMap<String, Vec<JobItem>> =
        database.all_job_items().await?.into_iter().fold(HashMap::new(), |mut all, it| {
            all.entry(it.node_id.clone()).or_default().push(it);
            all
        });
    let nodes = database.nodes_from(&[Source::Fleet]).await?;
    let changes = nodes.iter().map(|node| {
        let variables = Variables {
            chain_id: deployment.as_ref().map(|it| it.chain_id.to_string()),
            pool: deployment.as_ref().map(|it| checksum(&it.pool)),
            ..variables(node)
        };
        changes_of(&node.id, &set.for_node(&variables), &given.remove(&node.id).unwrap_or_default())
    });
    Ok(changes
        .filter(|it| !it.add.is_empty() || !it.change.is_empty() || !it.remove.is_empty() || !it.waiting.is_empty())
        .collect())
}

fn variables(node: &FleetNode) -> Variables {
    let (wallet, operator) = (node.wallet.as_ref().map(checksum), node.operator.as_ref().map(checksum));
    Variables { node: node.id.clone(), wallet, operator, ..Variables::default() }
}

fn changes_of(node_id: &str, desired: &Desired, given: &[JobItem]) -> NodeChanges {
    let bridges = desired.bridges.iter().map(|(name, it)| (ItemKind::Bridge, name, it.digest));
    let wanted: Vec<_> = bridges.chain(desired.jobs.iter().map(|(name, it)| (ItemKind::Job, name, it.digest))).collect();
    let waiting: Vec<_> = desired.waiting.iter().map(|it| (it.kind, &it.name)).collect();
    let mut changes = NodeChanges { node_id: node_id.to_owned(), ..NodeChanges::default() };
    let word = |kind: ItemKind, name: &str| format!("{kind} {name}");
    for (kind, name, digest) in &wanted {
        match given.iter().find(|it| it.kind == *kind && it.name == **name) {
            None => changes.add.push(word(*kind, name)),
            Some(it) if it.digest != digest || it.state != ItemState::Given => changes.change.push(word(*kind, name)),
            Some(_) => {}
        }
    }
    let is_over = |it: &&JobItem| {
        !wanted.iter().any(|(kind, name, _)| (*kind, name.as_str()) == (it.kind, &it.name))
            && !waiting.contains(&(it.kind, &it.name))
    };
    changes.remove = given.iter().filter(is_over).map(|it| word(it.kind, &it.name)).collect();
    changes.waiting = waiting.iter().map(|(kind, name)| word(*kind, name)).collect();
    changes
}

impl From<(Change, ItemKind, String)> for JobChange {
    fn from((change, kind, name): (Change, ItemKind, String)) -> Self {
        Self { change: Word(change), kind: Word(kind), name }
    }
}

impl From<&NodeJobs> for NodeJobsView {
    fn from(it: &NodeJobs) -> Self {
        // Of a version that knows more, what this one knows.
        let progress: Progress = serde_json::from_value(it.detail.clone()).unwrap_or_default();
        Self {
            node_id: it.node_id.clone(),
            version: it.version,
            is_complete: it.is_complete,
            given: it.given,
            error: it.error.clone(),
            compared_at: it.compared_at,
            progress,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, wrong: &[(&str, &str)]) {
        let found: Vec<(String, String)> = match read(body.as_bytes()) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors.into_iter().map(|error| (error.field, error.detail)).collect(),
        };
        let is_told = |(field, part): &(&str, &str)| found.iter().any(|(at, said)| at == field && said.contains(part));
        assert!(found.len() == wrong.len() && wrong.iter().all(is_told), "{found:?} for {body}");
    }

    #[test]
    fn every_mistake_of_a_set_is_named_at_once_and_a_set_with_one_is_not_taken() {
        let job = r#"{"toml": "type = \"cron\"\nschemaVersion = 1\nschedule = \"@every 5m\"\n"}"#;
        check(&format!(r#"{{"set": {{"jobs": {{"a": {job}}}}}, "reason": "x"}}"#), &[]);
        check(r#"{"set": {}, "reason": "x", "dry_run": true, "version": 3}"#, &[]);
        check(r#"{"set": {}, "reason": " "}"#, &[("reason", "1 to 500 characters")]);
        check(r#"{"set": {"jbos": {}}, "reason": "x"}"#, &[("body", "unknown field `jbos`")]);
        let two = r#"{"set": {"bridges": {"B": {"url": "http://x/"}}, "jobs": {"a": {"toml": "x"}}}, "reason": "x"}"#;
        check(two, &[("set.bridges.B", "its name must be"), ("set.jobs.a", "its spec is not TOML")]);
    }
}
