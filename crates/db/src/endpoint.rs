//! How the configured RPC endpoints behave, by name, for the status page.

use chrono::{DateTime, Utc};
use linkpool_primitives::EndpointState;
use sqlx::{AssertSqlSafe, Row, postgres::PgRow};

use crate::{
    Database, Result,
    lease::{self, HELD, HOLDS, Lease},
    pool::Connection,
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

/// One endpoint as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointRow {
    pub name: String,
    pub state: EndpointState,
    pub detail: Option<String>,
    pub head_block: Option<i64>,
    pub contradictions: i64,
    pub last_contradiction: Option<String>,
    pub contradicted_at: Option<DateTime<Utc>>,
    pub seen_at: DateTime<Utc>,
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
            lease::bind(sqlx::query(AssertSqlSafe(statement)), lease)
                .bind(&report.name)
                .bind(report.state.as_str())
                .bind(&report.detail)
                .bind(report.head_block.map(|block| block as i64))
                .bind(report.contradictions as i64)
                .bind(&report.last_contradiction)
                .execute(self.pool.writing())
                .await?;
        }
        Ok(())
    }

    /// Every endpoint that was ever configured, by name.
    pub async fn endpoints(&self) -> Result<Vec<EndpointRow>> {
        endpoints(&mut self.pool.acquire().await?).await
    }
}

pub(crate) async fn endpoints(connection: &mut Connection) -> Result<Vec<EndpointRow>> {
    let rows = sqlx::query(
        "select name, state, detail, head_block, contradictions, last_contradiction, contradicted_at, seen_at from endpoint order by name",
    );
    let read = |row: &PgRow| {
        Ok(EndpointRow {
            name: row.get(0),
            state: row.get::<&str, _>(1).parse()?,
            detail: row.get(2),
            head_block: row.get(3),
            contradictions: row.get(4),
            last_contradiction: row.get(5),
            contradicted_at: row.get(6),
            seen_at: row.get(7),
        })
    };
    rows.fetch_all(connection).await?.iter().map(read).collect()
}
