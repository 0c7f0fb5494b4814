//! `GET /status`

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use linkpool_db::{endpoint::EndpointRow, read::Snapshot, verification::VerificationRecord};
use linkpool_primitives::{EndpointState, IndexerState};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    as_of::{AsOf, deployment},
    envelope::{Answer, Envelope},
    health::{self, Severity},
    parameters::NoQuery,
    problem::{MOVED, Problem},
    state::Api,
    view::{BlockView, Hash, Time, word},
};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub(crate) struct StatusView {
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    #[schema(example = 1)]
    pub chain_id: u64,
    /// `ok`, `backfilling` while far behind the head, or why the indexer has stopped.
    #[schema(value_type = word::IndexerState)]
    pub state: IndexerState,
    pub severity: Severity,
    pub detail: Option<String>,
    /// What to do about it.
    pub action: Option<&'static str>,
    /// The last block that is in the tables.
    pub indexed: BlockView,
    /// The chain's newest block when the indexer last looked.
    #[schema(example = 12)]
    pub head_block: u64,
    #[schema(example = 0)]
    pub safe_block: u64,
    #[schema(example = 0)]
    pub finalized_block: u64,
    #[schema(example = 0)]
    pub lag_blocks: u64,
    /// How old the indexed block is by this server's clock.
    #[schema(example = 3)]
    pub lag_seconds: u64,
    #[schema(example = 5)]
    pub events_indexed: u64,
    pub dead_letters: DeadLettersView,
    /// The last comparison of the database with the contract; null before the first.
    pub verification: Option<VerificationView>,
    /// The RPC endpoints as the indexer found them, by their configured names.
    pub endpoints: Vec<EndpointView>,
}

/// Logs of the contract that this version could not read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetters)]
pub(crate) struct DeadLettersView {
    #[schema(example = 0)]
    pub count: u64,
    #[schema(example = json!(null))]
    pub newest_block: Option<u64>,
    pub newest_reason: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verification)]
pub(crate) struct VerificationView {
    pub verified_at: DateTime<Utc>,
    /// The block at which both were read.
    #[schema(example = 12)]
    pub block_number: u64,
    pub block_hash: Hash,
    /// `all`, or `sample`: what changed lately and as much at random.
    #[schema(example = "sample")]
    pub scope: &'static str,
    /// Who answered for the contract.
    #[schema(example = "main")]
    pub endpoint: String,
    #[schema(example = 2)]
    pub nodes: u64,
    #[schema(example = 61)]
    pub positions: u64,
    #[schema(example = 3)]
    pub tickets: u64,
    #[schema(example = 115)]
    pub events: u64,
    /// 0: everything that was compared is equal.
    #[schema(example = 0)]
    pub differences: u64,
    #[schema(example = json!(null))]
    pub first_bad_block: Option<u64>,
    #[schema(example = 190)]
    pub elapsed_ms: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Endpoint)]
pub(crate) struct EndpointView {
    #[schema(example = "main")]
    pub name: String,
    /// `ok`, or why it is asked last.
    #[schema(value_type = word::EndpointState)]
    pub state: EndpointState,
    pub detail: Option<String>,
    /// The newest block that it told of.
    #[schema(example = 12)]
    pub head_block: Option<i64>,
    /// How often it gave an answer that can't be true.
    #[schema(example = 0)]
    pub contradictions: i64,
    pub last_contradiction: Option<String>,
    pub contradicted_at: Option<DateTime<Utc>>,
    /// When the indexer last reported on it.
    pub seen_at: DateTime<Utc>,
}

/// How far the index is
#[utoipa::path(get, path = "/status", tag = "service", operation_id = "get_status", responses((status = 200, description = "How far the index is", body = Envelope<StatusView>)))]
pub(crate) async fn get_status(State(api): State<Api>, _: NoQuery) -> Result<Response, Problem> {
    let standing = api.looks.look().await.map(|cursor| api.database.standing_at(&cursor));
    let (as_of, view) = match standing {
        Some(snapshot) => match view(&api, snapshot).await {
            Err(problem) if *problem.kind == MOVED => view(&api, api.snapshot().await?).await?,
            told => told?,
        },
        None => view(&api, api.snapshot().await?).await?,
    };
    // The chain's head, the state and the clock change while the indexed block stands, so no entity tag names this answer.
    let body = Answer::new(&as_of, view).into_json();
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response())
}

async fn view(api: &Api, mut snapshot: Snapshot) -> Result<(AsOf, StatusView), Problem> {
    let cursor = snapshot.cursor().clone();
    let as_of = AsOf::of(&cursor);
    let deployment = deployment(&mut snapshot).await?;
    let events_indexed = api.statistics.events(&mut snapshot, &as_of).await?;
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let (dead_letters, newest) = snapshot.dead_letter_count().await?;
    let verification = snapshot.last_verification().await?;
    let health = health::of(&cursor, dead_letters, verification.as_ref().map_or(0, |found| found.differences));
    let (newest_block, newest_reason) = newest.unzip();
    let view = StatusView {
        version: env!("CARGO_PKG_VERSION"),
        chain_id: deployment.chain_id,
        state: health::state(&cursor),
        severity: health.severity,
        detail: health.detail,
        action: health.action,
        indexed: BlockView {
            block_number: cursor.block.number,
            block_hash: Hash(cursor.block.hash),
            block_timestamp: Time(cursor.block.timestamp),
        },
        head_block: cursor.tags.head,
        safe_block: cursor.tags.safe,
        finalized_block: cursor.tags.finalized,
        lag_blocks: health::lag_blocks(&cursor),
        lag_seconds: clock.saturating_sub(cursor.block.timestamp),
        events_indexed,
        dead_letters: DeadLettersView { count: dead_letters, newest_block, newest_reason },
        verification: verification.map(VerificationView::from),
        endpoints: snapshot.endpoints().await?.into_iter().map(EndpointView::from).collect(),
    };
    Ok((as_of, view))
}

impl From<VerificationRecord> for VerificationView {
    fn from(found: VerificationRecord) -> Self {
        Self {
            verified_at: found.verified_at,
            block_number: found.block_number,
            block_hash: Hash(found.block_hash),
            scope: if found.is_whole { "all" } else { "sample" },
            endpoint: found.endpoint,
            nodes: found.nodes,
            positions: found.positions,
            tickets: found.tickets,
            events: found.events,
            differences: found.differences,
            first_bad_block: found.first_bad_block,
            elapsed_ms: found.elapsed_ms,
        }
    }
}

impl From<EndpointRow> for EndpointView {
    fn from(row: EndpointRow) -> Self {
        Self {
            name: row.name,
            state: row.state,
            detail: row.detail,
            head_block: row.head_block,
            contradictions: row.contradictions,
            last_contradiction: row.last_contradiction,
            contradicted_at: row.contradicted_at,
            seen_at: row.seen_at,
        }
    }
}
