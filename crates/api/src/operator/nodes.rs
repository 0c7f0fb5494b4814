//! Nodes of the fleet: ask for some, list them, look at one.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use linkpool_db::fleet::{Count, MAX_NODES_PER_CALL, ProofMode, ScaleOutcome, ScaleRequest};

use super::{
    scale_types::{GuardView, ScalePlan},
    shared::{ACTOR, BASE, MAX_REASON_LENGTH, Operator, no_such_node},
    types::{CreateNodes, Envelope, NodeDetail, NodeSummary, OperationView},
    work,
};
use crate::problem::{FieldError, IDEMPOTENCY_KEY_REUSED, Problem, REFUSED};

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const MAX_KEY_LENGTH: usize = 200;

/// `POST /nodes`
pub(super) async fn create(State(operator): State<Operator>, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    let (request, count, dry_run) = read(&headers, &body, operator.rules.proof_mode)?;
    if let Some(why) = &operator.rules.cannot_make {
        return Err(Problem::new(&REFUSED, why.clone()));
    }
    let (status, operation, repeated) = match operator.database.scale(&request, count, dry_run).await? {
        ScaleOutcome::Refused(why) => return Err(Problem::new(&REFUSED, why)),
        ScaleOutcome::Planned(count, numbers) => {
            let guard = numbers.map(|numbers| GuardView::new(numbers, count.into()));
            return Ok(Envelope::json(ScalePlan { count, guard }).into_response());
        }
        ScaleOutcome::Accepted(operation) => (StatusCode::ACCEPTED, operation, false),
        ScaleOutcome::Repeated(operation) => (StatusCode::OK, operation, true),
        ScaleOutcome::KeyInUse => {
            return Err(Problem::new(
                &IDEMPOTENCY_KEY_REUSED,
                "this `Idempotency-Key` was used with another body; choose a new key for a new call",
            ));
        }
    };
    let nodes: Vec<&str> = operation.nodes.iter().map(|node| node.id.as_str()).collect();
    tracing::info!(operation = %operation.id, ?nodes, repeated, "nodes asked for");
    let location = HeaderValue::from_str(&format!("{BASE}/operations/{}", operation.id));
    let mut response = (status, Envelope::json(OperationView::new(&operation, Some(repeated)))).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// `GET /nodes`
pub(super) async fn list(State(operator): State<Operator>) -> Result<Json<Envelope<Vec<NodeSummary>>>, Problem> {
    let nodes = operator.database.fleet_nodes().await?;
    let statuses = operator.database.contract_statuses().await?;
    Ok(Envelope::json(nodes.iter().map(|node| NodeSummary::with_contract(node, &statuses)).collect()))
}

/// `GET /nodes/{id}`
pub(super) async fn show(
    State(operator): State<Operator>,
    Path(id): Path<String>,
) -> Result<Json<Envelope<NodeDetail>>, Problem> {
    let database = &operator.database;
    let node = database.fleet_node(&id).await?.ok_or_else(no_such_node)?;
    let replicas = database.replicas_of(&id).await?;
    let events = database.fleet_events(&[(id, 0)]).await?;
    let statuses = database.contract_statuses().await?;
    let work = match &node.wallet {
        Some(wallet) => work::of(&operator, wallet).await?,
        None => None,
    };
    Ok(Envelope::json(NodeDetail::new(&node, &statuses, &replicas, &events, work)))
}

/// The name of a call, which its repetition has too.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<String, FieldError> {
    let key = headers.get(&IDEMPOTENCY_KEY).and_then(|value| value.to_str().ok()).map(str::trim).unwrap_or_default();
    if (1..=MAX_KEY_LENGTH).contains(&key.len()) {
        return Ok(key.to_owned());
    }
    let detail = format!("must be a header of 1 to {MAX_KEY_LENGTH} characters, new for each call and kept when it is repeated");
    Err(FieldError { field: "Idempotency-Key".into(), detail })
}

fn read(headers: &HeaderMap, body: &[u8], proof_mode: ProofMode) -> Result<(ScaleRequest, Count, bool), Problem> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, detail: String| errors.push(FieldError { field: field.into(), detail });
    let key = idempotency_key(headers).unwrap_or_else(|error| {
        wrong(&error.field, error.detail);
        String::new()
    });
    let body: Option<CreateNodes> = match serde_json::from_slice(body) {
        Ok(body) => Some(body),
        Err(error) => {
            wrong("body", format!("must be JSON such as {{\"count\": 1, \"reason\": \"demand\"}}: {error}"));
            None
        }
    };
    if let Some(body) = &body {
        match (body.count, body.to) {
            (Some(count), None) if !(1..=MAX_NODES_PER_CALL).contains(&count) => {
                wrong("count", format!("must be from 1 to {MAX_NODES_PER_CALL}"));
            }
            (Some(_), None) | (None, Some(_)) => {}
            _ => wrong("count", "give either count, so many more, or to, as many in all".into()),
        }
        if body.reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON_LENGTH) {
            wrong("reason", format!("must have at most {MAX_REASON_LENGTH} characters"));
        }
    }
    match body {
        Some(body) if errors.is_empty() => {
            let count = if body.to.is_some() { Count::InAll } else { Count::More };
            let request = ScaleRequest {
                idempotency_key: key,
                actor: ACTOR.into(),
                count: body.count.or(body.to).unwrap_or_default(),
                reason: body.reason,
                proof_mode,
            };
            Ok((request, count, body.dry_run))
        }
        _ => Err(Problem::invalid(errors)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: Option<&str>, body: &str, wrong: &[&str]) {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            headers.insert(&IDEMPOTENCY_KEY, key.parse().unwrap());
        }
        let found = match read(&headers, body.as_bytes(), ProofMode::Signature) {
            Ok(_) => Vec::new(),
            Err(problem) => problem.errors.into_iter().map(|error| error.field).collect(),
        };
        assert_eq!(found, wrong, "{key:?} {body}");
    }

    #[test]
    fn every_mistake_of_a_call_is_named_at_once() {
        check(Some("a"), r#"{"count": 1}"#, &[]);
        check(Some("a"), r#"{"count": 50, "reason": "demand"}"#, &[]);
        check(None, r#"{"count": 51}"#, &["Idempotency-Key", "count"]);
        check(Some("a"), r#"{"count": 0}"#, &["count"]);
        check(Some("a"), r#"{"to": 0}"#, &[]);
        check(Some("a"), r#"{"to": 3, "count": 3}"#, &["count"]);
        check(Some("a"), "{}", &["count"]);
        check(Some("a"), r#"{"count": 1, "cuont": 2}"#, &["body"]);
        check(Some("a"), "", &["body"]);
        check(Some(&"k".repeat(201)), "\"[]\"", &["Idempotency-Key", "body"]);
        check(Some("a"), "[]", &["count"]);
    }
}
