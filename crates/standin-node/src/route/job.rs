//! `/v2/jobs`, and their runs.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use linkpool_chainlink::client::Role;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::paging::Paging;
use crate::{
    caller::Caller,
    job::JobSpec,
    json_api::{ApiError, MEDIA_TYPE, body, document},
    node::Node,
    store::{JobRecord, RunRecord},
};

/// One for each kind of job; all but one are null.
const SPECS: [&str; 20] = [
    "blockHeaderFeederSpec",
    "blockhashStoreSpec",
    "bootstrapSpec",
    "ccipSpec",
    "ccvCommitteeVerifierSpec",
    "ccvExecutorSpec",
    "creSettingsSpec",
    "cronSpec",
    "directRequestSpec",
    "fluxMonitorSpec",
    "gatewaySpec",
    "keeperSpec",
    "offChainReporting2OracleSpec",
    "offChainReportingOracleSpec",
    "standardCapabilitiesSpec",
    "vrfSpec",
    "webhookSpec",
    "workflowSpec",
    "gasLimit",
    "streamID",
];

#[derive(Deserialize)]
struct JobRequest {
    #[serde(default)]
    toml: String,
}

/// Any role may list.
pub(super) async fn list(State(node): State<Arc<Node>>, _: Caller, paging: Paging) -> Result<Response, ApiError> {
    let paging = paging.of_jobs();
    let (jobs, count) = node.store.jobs(paging.limit(), paging.offset()).await?;
    Ok(paging.document(jobs.iter().map(resource).collect(), count))
}

/// By the node's number, or by the external id.
pub(super) async fn show(State(node): State<Arc<Node>>, _: Caller, Path(id): Path<String>) -> Result<Response, ApiError> {
    let found = match id.parse::<Uuid>() {
        Ok(external_id) => node.store.job_by_external_id(external_id).await?,
        Err(_) => node.store.job(number(&id)?).await?,
    };
    let job = found.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "job not found"))?;
    Ok(document(StatusCode::OK, resource(&job)))
}

pub(super) async fn create(State(node): State<Arc<Node>>, caller: Caller, bytes: Bytes) -> Result<Response, ApiError> {
    caller.require(Role::Edit)?;
    let spec = read(&bytes)?;
    let job = add(&node, &spec, None).await?;
    Ok(document(StatusCode::OK, resource(&job)))
}

/// As a node: the job of this number is deleted first, and what is wrong with the new one then is wrong without it.
pub(super) async fn replace(
    State(node): State<Arc<Node>>,
    caller: Caller,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Result<Response, ApiError> {
    caller.require(Role::Edit)?;
    let spec = read(&bytes)?;
    let id = number(&id)?;
    if !remove(&node, id).await? {
        let detail =
            format!("failed to update job: job {id} not found: findJob failed: failed to load job: sql: no rows in result set");
        return Err(ApiError::new(StatusCode::NOT_FOUND, detail));
    }
    let job = add(&node, &spec, Some(id)).await?;
    Ok(document(StatusCode::OK, resource(&job)))
}

pub(super) async fn delete(State(node): State<Arc<Node>>, caller: Caller, Path(id): Path<String>) -> Result<Response, ApiError> {
    caller.require(Role::Edit)?;
    if !remove(&node, number(&id)?).await? {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "JobSpec not found"));
    }
    Ok((StatusCode::NO_CONTENT, [(CONTENT_TYPE, MEDIA_TYPE)]).into_response())
}

/// A job that is not there has no runs.
pub(super) async fn runs(
    State(node): State<Arc<Node>>,
    _: Caller,
    Path(id): Path<String>,
    paging: Paging,
) -> Result<Response, ApiError> {
    let paging = paging.of_jobs();
    let (runs, count) = node.store.runs(number(&id)?, paging.limit(), paging.offset()).await?;
    Ok(paging.document(runs.iter().map(run_resource).collect(), count))
}

fn read(bytes: &[u8]) -> Result<JobSpec, ApiError> {
    let request: JobRequest = body(bytes, StatusCode::UNPROCESSABLE_ENTITY)?;
    JobSpec::parse(&request.toml).map_err(|(status, detail)| ApiError::new(status, detail))
}

fn number(text: &str) -> Result<i32, ApiError> {
    let refusal = |_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax");
    text.parse().map_err(refusal).map_err(|detail| ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, detail))
}

async fn remove(node: &Node, id: i32) -> Result<bool, ApiError> {
    if id == 0 {
        return Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "will not delete job with 0 ID"));
    }
    let removed = node.store.delete_job(id).await?;
    node.jobs_changed();
    Ok(removed)
}

/// What a node's database does not take is a 500.
async fn add(node: &Node, spec: &JobSpec, id: Option<i32>) -> Result<JobRecord, ApiError> {
    let refusal = |detail: String| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, detail);
    let named: Vec<String> = spec.pipeline.bridges().iter().map(|name| name.to_lowercase()).collect();
    let there = node.store.bridges_named(&named).await?;
    if there.len() < named.len() {
        let there: Vec<String> = there.iter().map(|name| format!("{{{name}}}")).collect();
        let detail = format!("not all bridges exist, asked for [{}], exists [{}]", named.join(" "), there.join(" "));
        return Err(refusal(detail));
    }
    if spec.chain_is_missing() {
        return Err(refusal("CreateJobFailed: evm chain id must be defined".to_owned()));
    }
    let job = node.store.insert_job(spec, id).await.map_err(|error| match error.as_database_error() {
        Some(error) if error.is_unique_violation() => {
            refusal(format!("CreateJobFailed: failed to insert job: ERROR: {} (SQLSTATE 23505)", error.message()))
        }
        _ => error.into(),
    })?;
    node.jobs_changed();
    match spec.start_error() {
        Some(detail) => Err(refusal(detail)),
        None => Ok(job),
    }
}

fn resource(job: &JobRecord) -> Value {
    let mut attributes = json!({
        "name": job.name.clone().unwrap_or_default(),
        "type": job.kind,
        "schemaVersion": 1,
        "forwardingAllowed": job.forwarding_allowed,
        "maxTaskDuration": "0s",
        "externalJobID": job.external_job_id,
        "pipelineSpec": { "id": job.id, "jobID": job.id, "dotDagSource": job.observation_source },
        "errors": [],
    });
    for spec in SPECS {
        attributes[spec] = Value::Null;
    }
    if let Some(attributes) = attributes.as_object_mut() {
        attributes.remove("streamID");
    }
    attributes["gasLimit"] = json!(job.gas_limit);
    let mut details = job.details.clone();
    details["createdAt"] = json!(job.created_at);
    details["updatedAt"] = json!(job.created_at);
    let spec = match job.kind.as_str() {
        "directrequest" => "directRequestSpec",
        "cron" => "cronSpec",
        _ => "webhookSpec",
    };
    attributes[spec] = details;
    json!({ "type": "jobs", "id": job.id.to_string(), "attributes": attributes })
}

/// One that is under way has neither outputs nor errors yet, not even empty ones.
fn run_resource(run: &RunRecord) -> Value {
    let ended = |value: &Value| if run.finished_at.is_some() { value.clone() } else { Value::Null };
    let (outputs, errors) = (ended(&run.outputs), ended(&run.errors));
    json!({ "type": "pipelineRun", "id": run.id.to_string(), "attributes": {
        "outputs": outputs,
        "errors": errors,
        "allErrors": errors,
        "fatalErrors": errors,
        "inputs": run.inputs,
        "taskRuns": [],
        "createdAt": run.created_at,
        "finishedAt": run.finished_at,
        "pipelineSpec": { "id": run.job_id, "jobID": run.job_id, "dotDagSource": run.observation_source },
    } })
}
