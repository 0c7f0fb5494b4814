//! Jobs, and what became of their runs.

use linkpool_primitives::printable;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Error, ErrorKind, NodeClient,
    answer::{Answer, Document, QUOTED_CHARS, Resource},
    call::Call,
};

/// Most runs that [`NodeClient::runs`] returns.
const MAX_RUNS: usize = 20;

/// A job as a node shows it: the parts of the TOML that made it. The TOML itself is not kept by a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// The node's own number. A job that is replaced keeps it.
    pub id: i32,
    /// The same everywhere; no two jobs of a node have it in common.
    pub external_job_id: Uuid,
    pub name: String,
    /// Such as `directrequest`, `cron` or `webhook`.
    pub kind: String,
    /// The pipeline, as it was given.
    pub observation_source: String,
    /// What only this kind of job has, by the node's names: such as `contractAddress`, `minIncomingConfirmations`, `evmChainID`,
    /// `schedule`.
    pub details: Map<String, Value>,
    /// What has gone wrong with it, as the node says it.
    pub errors: Vec<JobError>,
}

/// Something that goes wrong with a job, and how often it has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct JobError {
    pub description: String,
    pub occurrences: u64,
}

/// One run of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobRun {
    pub id: String,
    /// What the last tasks of the pipeline yielded; `None` for one that failed.
    pub outputs: Vec<Option<String>>,
    /// Why it failed, for each of those tasks; empty where it did not.
    pub errors: Vec<String>,
    /// RFC 3339; `None` while it runs.
    pub finished_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct JobAttributes {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "externalJobID")]
    external_job_id: Uuid,
    pipeline_spec: PipelineSpec,
    #[serde(default)]
    errors: Option<Vec<JobError>>,
    /// Among others one `…Spec` for each kind of job, all but one null.
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
struct PipelineSpec {
    #[serde(rename = "dotDagSource")]
    source: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunAttributes {
    outputs: Option<Vec<Option<String>>>,
    fatal_errors: Option<Vec<Option<String>>>,
    finished_at: Option<String>,
}

impl Job {
    fn of(entry: Resource<JobAttributes>) -> Result<Self, ErrorKind> {
        let Resource { id, attributes: it } = entry;
        let number =
            id.parse().map_err(|_| ErrorKind::Malformed { reason: format!("a job's id is \"{}\"", printable(&id, 48)) })?;
        let details = it.others.into_iter().find_map(|(field, value)| match value {
            Value::Object(details) if field.ends_with("Spec") => Some(details),
            _ => None,
        });
        Ok(Self {
            id: number,
            external_job_id: it.external_job_id,
            name: it.name,
            kind: it.kind,
            observation_source: it.pipeline_spec.source,
            details: details.unwrap_or_default(),
            errors: it.errors.unwrap_or_default(),
        })
    }

    fn read(answer: &Answer) -> Result<Self, Error> {
        let document: Document<Resource<JobAttributes>> = answer.parse()?;
        Self::of(document.data).map_err(|kind| answer.fault(kind))
    }
}

impl NodeClient {
    /// `GET /v2/jobs`, all pages of it. Any role.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn jobs(&self) -> Result<Vec<Job>, Error> {
        let entries = self.all_pages::<JobAttributes>(&["v2", "jobs"]).await?;
        entries.into_iter().map(|entry| Job::of(entry).map_err(|kind| kind.of(&self.peer))).collect()
    }

    /// `GET /v2/jobs/{external id}`. Any role.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn job(&self, external_job_id: Uuid) -> Result<Option<Job>, Error> {
        let answer = self.ask(Call::get(&["v2", "jobs", &external_job_id.to_string()])).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Job::read(&answer.expect(StatusCode::OK)?).map(Some)
    }

    /// `POST /v2/jobs`. Needs the role `edit`.
    ///
    /// # Errors
    /// [`ErrorKind::JobExists`] by external id or name; [`ErrorKind::BridgesMissing`]; [`ErrorKind::BadJob`] for TOML that the node
    /// does not take; else any [`Error`].
    pub async fn create_job(&self, toml: &str) -> Result<Job, Error> {
        Job::read(&self.ask(Call::post(&["v2", "jobs"], json!({ "toml": toml }))).await?.job_taken()?)
    }

    /// `PUT /v2/jobs/{id}`: the job of this number becomes what `toml` says, and loses its runs. Needs the role `edit`.
    ///
    /// A node deletes first and then creates. Where it refuses the new job, the old one is gone: [`ErrorKind::BridgesMissing`] and
    /// [`ErrorKind::JobExists`] leave neither, [`ErrorKind::BadJob`] and [`ErrorKind::NoSuchJob`] leave everything as it was.
    ///
    /// # Errors
    /// As [`Self::create_job`]; [`ErrorKind::NoSuchJob`].
    pub async fn replace_job(&self, id: i32, toml: &str) -> Result<Job, Error> {
        let path = ["v2", "jobs", &id.to_string()];
        let call = Call::new(Method::PUT, &path).body(json!({ "toml": toml }));
        Job::read(&self.ask(call).await?.job_there(id)?.job_taken()?)
    }

    /// `DELETE /v2/jobs/{id}`, with its runs. Needs the role `edit`.
    ///
    /// # Errors
    /// [`ErrorKind::NoSuchJob`]; else any [`Error`].
    pub async fn delete_job(&self, id: i32) -> Result<(), Error> {
        let answer = self.ask(Call::new(Method::DELETE, &["v2", "jobs", &id.to_string()])).await?;
        answer.job_there(id)?.expect(StatusCode::NO_CONTENT).map(drop)
    }

    /// `GET /v2/jobs/{id}/runs`: the newest, 20 at most, and how many there are. Any role; a job that is not there has none.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn runs(&self, id: i32) -> Result<(Vec<JobRun>, usize), Error> {
        let (entries, count) = self.page::<RunAttributes>(&["v2", "jobs", &id.to_string(), "runs"], 1, MAX_RUNS).await?;
        let runs = entries.into_iter().map(|Resource { id, attributes: it }| JobRun {
            id,
            outputs: it.outputs.unwrap_or_default(),
            errors: it.fatal_errors.unwrap_or_default().into_iter().flatten().collect(),
            finished_at: it.finished_at,
        });
        Ok((runs.collect(), count))
    }
}

impl Answer {
    /// A node wraps "no rows" once more where the job is not in its memory either.
    fn job_there(self, id: i32) -> Result<Self, Error> {
        let missing = self.status == StatusCode::NOT_FOUND
            || (self.status.is_server_error() && self.said().contains("no rows in result set"));
        if missing { Err(self.fault(ErrorKind::NoSuchJob { id })) } else { Ok(self) }
    }

    /// A node says 500 for what only its database refuses; nothing of that passes by waiting.
    fn job_taken(self) -> Result<Self, Error> {
        let kind = match self.status {
            StatusCode::INTERNAL_SERVER_ERROR => refused_by_database(&self.said()),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::NOT_IMPLEMENTED => {
                Some(ErrorKind::BadJob { detail: self.detail() })
            }
            _ => None,
        };
        match kind {
            Some(kind) => Err(self.fault(kind)),
            None => self.expect(StatusCode::OK),
        }
    }
}

/// What the node's database says no to. Its sentence on bridges ends with those that it has, their secrets included, so that only
/// the names are taken.
fn refused_by_database(said: &str) -> Option<ErrorKind> {
    if let Some((_, rest)) = said.split_once("not all bridges exist, asked for [") {
        let named = rest.split(']').next().unwrap_or_default();
        return Some(ErrorKind::BridgesMissing { named: printable(named, QUOTED_CHARS) });
    }
    if !said.contains("duplicate key value") {
        return None;
    }
    let what = if said.contains("external_job_id") {
        "external id"
    } else if said.contains("idx_jobs_name") {
        "name"
    } else {
        "key"
    };
    Some(ErrorKind::JobExists { what })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_nodes_database_refuses_is_said_without_the_secrets_of_its_bridges() {
        let missing =
            refused_by_database("not all bridges exist, asked for [here nope], exists [{here {http://x} 0 hash salt token}]");
        assert_eq!(missing, Some(ErrorKind::BridgesMissing { named: "here nope".to_owned() }));
        let duplicate = |constraint: &str| {
            let said = format!(
                "CreateJobFailed: failed to insert job: ERROR: duplicate key value violates unique constraint \"{constraint}\" (SQLSTATE 23505)"
            );
            refused_by_database(&said)
        };
        assert_eq!(duplicate("external_job_id_uniq"), Some(ErrorKind::JobExists { what: "external id" }));
        assert_eq!(duplicate("idx_jobs_name"), Some(ErrorKind::JobExists { what: "name" }));
        assert_eq!(refused_by_database("context deadline exceeded"), None);
    }
}
