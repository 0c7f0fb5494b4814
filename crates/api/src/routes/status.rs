//! `GET /status`

use std::time::{SystemTime, UNIX_EPOCH};

use axum::{
    extract::{RawQuery, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    envelope::{Answer, Envelope},
    health,
    parameters::Parameters,
    problem::Problem,
    state::{Api, Moment, deployment},
    view::{BlockView, Hash, Time},
};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub(crate) struct StatusView {
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    #[schema(example = 1)]
    pub chain_id: u64,
    /// `ok`, `backfilling` while far behind the head, or why the indexer has stopped.
    #[schema(example = "ok")]
    pub state: String,
    pub detail: Option<String>,
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
}

/// How far the index is
#[utoipa::path(get, path = "/status", tag = "service", operation_id = "get_status", responses((status = 200, description = "How far the index is", body = Envelope<StatusView>)))]
pub(crate) async fn get_status(State(api): State<Api>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    Parameters::none(query.as_deref())?;
    let mut snapshot = api.snapshot().await?;
    let cursor = snapshot.cursor().clone();
    let moment = Moment::of(&cursor);
    let deployment = deployment(&mut snapshot).await?;
    let events_indexed = api.figures.events(&mut snapshot, &deployment, &moment).await?;
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs());
    let view = StatusView {
        version: env!("CARGO_PKG_VERSION"),
        chain_id: deployment.chain_id,
        state: health::state(&cursor).to_owned(),
        detail: health::detail(&cursor),
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
    };
    // The chain's head, the state and the clock change while the indexed block stands, so no entity tag names this answer.
    let body = Answer::new(&moment, view).into_json();
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], body).into_response())
}
