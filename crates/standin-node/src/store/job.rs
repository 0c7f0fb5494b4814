//! Jobs and their runs.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::Store;
use crate::job::JobSpec;

/// One job.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct JobRecord {
    pub id: i32,
    pub external_job_id: Uuid,
    pub name: Option<String>,
    /// `directrequest`, `cron` or `webhook`.
    pub kind: String,
    pub gas_limit: Option<i64>,
    pub forwarding_allowed: bool,
    /// The pipeline's text; [`crate::job::Pipeline::parse`] has taken it once.
    pub observation_source: String,
    /// What only this kind has, by the node's names.
    pub details: Value,
    pub created_at: DateTime<Utc>,
}

/// One run.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct RunRecord {
    pub id: i64,
    pub job_id: i32,
    pub outputs: Value,
    pub errors: Value,
    pub inputs: Value,
    pub created_at: DateTime<Utc>,
    /// `None` while it is under way.
    pub finished_at: Option<DateTime<Utc>>,
    pub observation_source: String,
}

/// Runs kept of a job; older ones go, as a node's reaper has them go.
const RUNS_KEPT: i64 = 1_000;

impl Store {
    /// `limit` jobs, the newest first, and how many there are.
    pub async fn jobs(&self, limit: i64, offset: i64) -> Result<(Vec<JobRecord>, i64), sqlx::Error> {
        let rows = self
            .query_as("SELECT * FROM {schema}.job ORDER BY created_at DESC, id DESC LIMIT $1 OFFSET $2")
            .bind(limit)
            .bind(offset)
            .fetch_all(self.pool())
            .await?;
        let (count,) = self.query_as("SELECT count(*) FROM {schema}.job").fetch_one(self.pool()).await?;
        Ok((rows, count))
    }

    pub async fn job(&self, id: i32) -> Result<Option<JobRecord>, sqlx::Error> {
        self.query_as("SELECT * FROM {schema}.job WHERE id = $1").bind(id).fetch_optional(self.pool()).await
    }

    pub async fn job_by_external_id(&self, id: Uuid) -> Result<Option<JobRecord>, sqlx::Error> {
        self.query_as("SELECT * FROM {schema}.job WHERE external_job_id = $1").bind(id).fetch_optional(self.pool()).await
    }

    /// Stores `spec`, under the number `id` if there is one. A second job of an external id or name violates a constraint that is
    /// called as a node's.
    pub async fn insert_job(&self, spec: &JobSpec, id: Option<i32>) -> Result<JobRecord, sqlx::Error> {
        self.query_as(
            "INSERT INTO {schema}.job
             (id, external_job_id, name, kind, gas_limit, forwarding_allowed, observation_source, details)
             VALUES (coalesce($1, nextval(pg_get_serial_sequence('{schema}.job', 'id'))::int), $2, $3, $4, $5, $6, $7, $8)
             RETURNING *",
        )
        .bind(id)
        .bind(spec.external_job_id.unwrap_or_else(Uuid::new_v4))
        .bind(spec.name.clone())
        .bind(spec.kind.clone())
        .bind(spec.gas_limit.map(i64::from))
        .bind(spec.forwarding_allowed)
        .bind(spec.observation_source.clone())
        .bind(spec.details.clone())
        .fetch_one(self.pool())
        .await
    }

    /// Deletes a job and its runs; false if it is not there.
    pub async fn delete_job(&self, id: i32) -> Result<bool, sqlx::Error> {
        let deleted = self.query("DELETE FROM {schema}.job WHERE id = $1").bind(id).execute(self.pool()).await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Jobs in whose pipeline the text `name` stands, whatever it is there, oldest first.
    pub async fn jobs_mentioning(&self, name: &str) -> Result<Vec<(i32, String)>, sqlx::Error> {
        self.query_as(
            "SELECT id, observation_source FROM {schema}.job WHERE position(lower($1) in lower(observation_source)) > 0 ORDER BY id",
        )
        .bind(name.to_owned())
        .fetch_all(self.pool())
        .await
    }

    /// Forgets the oldest ended runs of the job of a run.
    pub async fn reap_runs(&self, run_id: i64) -> Result<(), sqlx::Error> {
        self.query(
            "DELETE FROM {schema}.job_run AS old USING {schema}.job_run AS run
             WHERE run.id = $1 AND old.job_id = run.job_id AND old.finished_at IS NOT NULL
               AND old.id <= (SELECT id FROM {schema}.job_run WHERE job_id = run.job_id ORDER BY id DESC OFFSET $2 LIMIT 1)",
        )
        .bind(run_id)
        .bind(RUNS_KEPT)
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// `limit` runs of a job, the newest first, and how many there are.
    pub async fn runs(&self, job_id: i32, limit: i64, offset: i64) -> Result<(Vec<RunRecord>, i64), sqlx::Error> {
        let rows = self
            .query_as(
                "SELECT run.*, job.observation_source FROM {schema}.job_run AS run JOIN {schema}.job ON job.id = run.job_id
                 WHERE run.job_id = $1 ORDER BY run.id DESC LIMIT $2 OFFSET $3",
            )
            .bind(job_id)
            .bind(limit)
            .bind(offset)
            .fetch_all(self.pool())
            .await?;
        let (count,) =
            self.query_as("SELECT count(*) FROM {schema}.job_run WHERE job_id = $1").bind(job_id).fetch_one(self.pool()).await?;
        Ok((rows, count))
    }
}
