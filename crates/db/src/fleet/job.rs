//! The bridges and jobs that the fleet's nodes shall have, and how far each node is. What a set says is not looked at here.

use chrono::{DateTime, Utc};
use linkpool_primitives::{ItemKind, ItemState};
use serde_json::Value;

use crate::{
    Database, Result,
    column::{row, stored_enums},
    statement::{all, args, maybe, one, run},
};

stored_enums!(ItemKind, ItemState);

row! {
    /// The newest set.
    #[derive(Debug, Clone, PartialEq)]
    StoredJobSet {
        version: u32,
        made_at: DateTime<Utc>,
        actor: String,
        reason: Option<String>,
        content: Value,
    }
}

/// What became of a new set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobSetOutcome {
    /// It counts, under this version.
    Stored(u32),
    /// The newest says the same.
    Unchanged(u32),
    /// Somebody has stored this version since the caller has looked.
    Moved(u32),
}

row! {
    /// One row of `job_item`.
    #[derive(Debug, Clone, PartialEq, Eq)]
    JobItem {
        node_id = "fleet_node_id": String,
        kind: ItemKind,
        name: String,
        state: ItemState,
        /// 32 bytes.
        digest: Vec<u8>,
        /// Whether it was written down within the seconds that the caller asked about.
        is_recent: bool,
    }
}

/// How far a node is with its bridges and jobs.
#[derive(Debug, Clone, PartialEq)]
pub struct JobProgress {
    pub version: u32,
    /// Whether it has all of that version whose variables are known.
    pub is_complete: bool,
    /// What kept the comparison from its end.
    pub error: Option<String>,
    /// What waits, was refused, or is somebody else's.
    pub detail: Value,
}

row! {
    /// How far a node is, for people.
    #[derive(Debug, Clone, PartialEq)]
    NodeJobs {
        node_id = "fleet_node_id": String,
        /// The version that it was last compared with; 0 before.
        version: u32,
        is_complete: bool,
        error: Option<String>,
        detail: Value,
        compared_at: Option<DateTime<Utc>>,
        /// How many bridges and jobs it has taken.
        given: u32,
    }
}

impl Database {
    /// The newest set, if there is one.
    pub async fn job_set(&self) -> Result<Option<StoredJobSet>> {
        let select = "select version, made_at, actor, reason, content from job_set join job_set_content using (version)
              order by version desc limit 1";
        maybe(&self.pool, select, args![]).await
    }

    /// Its version; 0 where there is none.
    pub async fn job_set_version(&self) -> Result<u32> {
        one(&self.pool, "select coalesce(max(version), 0) from job_set", args![]).await
    }

    /// Stores a set as the newest, if that is `expected` still. Without it, whatever the newest is.
    pub async fn store_job_set(
        &self,
        expected: Option<u32>,
        content: &Value,
        actor: &str,
        reason: Option<&str>,
    ) -> Result<JobSetOutcome> {
        let mut transaction = self.pool.begin().await?;
        // Two callers come one after the other.
        run(&mut *transaction, "select pg_advisory_xact_lock(hashtext('linkpool job_set'))", args![]).await?;
        let select = "select coalesce(max(version), 0), coalesce((array_agg(content order by version desc))[1] = $1, false) from job_set_content";
        let (newest, is_same): (u32, bool) = one(&mut *transaction, select, args![content]).await?;
        if is_same {
            return Ok(JobSetOutcome::Unchanged(newest));
        }
        if expected.is_some_and(|expected| expected != newest) {
            return Ok(JobSetOutcome::Moved(newest));
        }
        let insert = "insert into job_set (version, actor, reason) values ($1, $2, $3)";
        run(&mut *transaction, insert, args![newest + 1, actor, reason]).await?;
        let insert = "insert into job_set_content (version, content) values ($1, $2)";
        run(&mut *transaction, insert, args![newest + 1, content]).await?;
        run(&mut *transaction, "select pg_notify('linkpool_fleet', 'job_set')", args![]).await?;
        transaction.commit().await?;
        Ok(JobSetOutcome::Stored(newest + 1))
    }

    /// What is written down of a node. `recent_seconds`: how far back "recent" reaches.
    pub async fn job_items(&self, node_id: &str, recent_seconds: u64) -> Result<Vec<JobItem>> {
        let select =
            "select fleet_node_id, kind, name, state, digest, changed_at > now() - make_interval(secs => $2) as is_recent
               from job_item where fleet_node_id = $1 order by kind, name";
        all(&self.pool, select, args![node_id, std::time::Duration::from_secs(recent_seconds)]).await
    }

    /// What is written down of all nodes; nothing of it counts as recent.
    pub async fn all_job_items(&self) -> Result<Vec<JobItem>> {
        let select = "select fleet_node_id, kind, name, state, digest, false as is_recent from job_item order by fleet_node_id, kind, name";
        all(&self.pool, select, args![]).await
    }

    /// Writes down what a node is being given, or was.
    pub async fn note_job_item(&self, node_id: &str, kind: ItemKind, name: &str, state: ItemState, digest: &[u8]) -> Result<()> {
        let insert = "insert into job_item (fleet_node_id, kind, name, state, digest) values ($1, $2, $3, $4, $5)
             on conflict (fleet_node_id, kind, name) do update
                set state = excluded.state, digest = excluded.digest, changed_at = clock_timestamp()";
        run(self.pool.writing(), insert, args![node_id, kind, name, state, digest]).await?;
        Ok(())
    }

    /// The node does not have it any more.
    pub async fn forget_job_item(&self, node_id: &str, kind: ItemKind, name: &str) -> Result<()> {
        let delete = "delete from job_item where fleet_node_id = $1 and kind = $2 and name = $3";
        run(self.pool.writing(), delete, args![node_id, kind, name]).await?;
        Ok(())
    }

    /// Stores how far a node is, and wakes whoever waits for that.
    pub async fn set_job_progress(&self, node_id: &str, progress: &JobProgress) -> Result<()> {
        let insert = "with stored as (
                 insert into node_feed (fleet_node_id, job_version, is_complete, job_error, detail, compared_at)
                 values ($1, $2, $3, $4, $5, clock_timestamp())
                 on conflict (fleet_node_id) do update set job_version = excluded.job_version, is_complete = excluded.is_complete,
                     job_error = excluded.job_error, detail = excluded.detail, compared_at = excluded.compared_at
             ) select pg_notify('linkpool_fleet', $1)";
        let it = progress;
        run(self.pool.writing(), insert, args![node_id, it.version, it.is_complete, it.error, it.detail]).await?;
        Ok(())
    }

    /// How far each of the fleet's nodes is, oldest first.
    pub async fn jobs_of_nodes(&self) -> Result<Vec<NodeJobs>> {
        let select = "select n.fleet_node_id, coalesce(job_version, 0) as version, coalesce(is_complete, false) as is_complete,
                    coalesce(access_error, job_error) as error, coalesce(detail, '{}') as detail, compared_at,
                    (select count(*) from job_item i where i.fleet_node_id = n.fleet_node_id and i.state = 'given') as given
               from fleet_node n left join node_feed using (fleet_node_id)
              where n.source = 'fleet' order by n.created_at, n.fleet_node_id";
        all(&self.pool, select, args![]).await
    }

    /// Whether a node of the fleet lacks bridges or jobs whose variables are known, and what kept them from it, where that is known.
    pub async fn lacks_jobs(&self, node_id: &str) -> Result<(bool, Option<String>)> {
        let select = "select newest.version > 0 and not coalesce(is_complete and job_version = newest.version, false), job_error
               from (select coalesce(max(version), 0) as version from job_set) newest
               left join node_feed on fleet_node_id = $1";
        one(&self.pool, select, args![node_id]).await
    }
}
