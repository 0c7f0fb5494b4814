//! How the configured RPC endpoints behave, by name, for the status page.

use chrono::{DateTime, Utc};
use linkpool_primitives::EndpointState;
use sqlx::AssertSqlSafe;

use crate::{
    Database, Result,
    column::row,
    lease::{HELD, HOLDS, Lease},
    statement::{all, args, run},
};

/// What the indexer has to say about one endpoint since it last said something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointReport {
    /// The configured name; URLs hold keys and are never stored.
    pub name: String,
    pub state: EndpointState,
    pub detail: Option<String>,
    pub head_block: Option<u64>,
    /// Answers that can't be true, since the last report.
    pub contradictions: u64,
    /// The last of them in words.
    pub last_contradiction: Option<String>,
}

row! {
    /// One endpoint as it stands in the table.
    #[derive(Debug, Clone, PartialEq, Eq)]
    EndpointRow {
        name: String,
        state: EndpointState,
        detail: Option<String>,
        head_block: Option<i64>,
        contradictions: i64,
        last_contradiction: Option<String>,
        contradicted_at: Option<DateTime<Utc>>,
        seen_at: DateTime<Utc>,
    }
}

impl Database {
    /// Records what the indexer saw; contradictions add up. The lease as for [`Database::set_state`].
    pub async fn report_endpoints(&self, lease: Option<&Lease>, reports: &[EndpointReport]) -> Result<()> {
        for report in reports {
            let statement = format!(
                "{HELD} insert into endpoint as old (name, state, detail, head_block, contradictions, last_contradiction, contradicted_at)
                 select $4, $5, $6, $7::bigint, $8::bigint, $9, case when $8::bigint > 0 then now() end where {HOLDS}
                 on conflict (name) do update set state = excluded.state, detail = excluded.detail, seen_at = now(),
                     head_block = coalesce(excluded.head_block, old.head_block),
                     contradictions = old.contradictions + excluded.contradictions,
                     last_contradiction = coalesce(excluded.last_contradiction, old.last_contradiction),
                     contradicted_at = coalesce(excluded.contradicted_at, old.contradicted_at)",
            );
            let EndpointReport { name, state, detail, head_block, contradictions, last_contradiction } = report;
            let args = args![lease, name, state, detail, head_block, contradictions, last_contradiction];
            run(self.pool.writing(), AssertSqlSafe(statement), args).await?;
        }
        Ok(())
    }

    /// Every endpoint that was ever configured, by name.
    pub async fn endpoints(&self) -> Result<Vec<EndpointRow>> {
        all(&self.pool, SELECT, args![]).await
    }
}

pub(crate) const SELECT: &str = "select name, state, detail, head_block, contradictions, last_contradiction, contradicted_at, seen_at from endpoint order by name";
