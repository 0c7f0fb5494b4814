//! What every answer is wrapped in: the data, and as of which block they hold.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    as_of::AsOf,
    page_cursor::PageCursor,
    view::{BlockView, Hash, Time},
};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    pub data: T,
    pub meta: Meta,
    /// Only on lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false)]
    pub page: Option<PageInfo>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Meta {
    /// Everything in `data` holds at the end of this block, and what time changes is computed at its time.
    pub as_of: BlockView,
    /// Whether that block can no longer be reorganised away.
    pub finalized: bool,
    /// Whether the indexer stands still: the figures hold at their block, and newer blocks are missing. `/status` says why.
    /// Never for a final block that was asked for by number.
    #[schema(example = false)]
    pub stale: bool,
    /// Only with `at`: the block that was asked for. `as_of` is the newest block up to it that is known by hash; between the
    /// two nothing happened in the contract.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, example = 12)]
    pub asked_block: Option<u64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PageInfo {
    /// The most entries this page could hold.
    #[schema(example = 50)]
    pub limit: u32,
    /// Pass it as `cursor` to get the next page; null at the end.
    #[schema(example = json!(null))]
    pub next: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Answer<T> {
    as_of: AsOf,
    envelope: Envelope<T>,
}

impl<T> Answer<T> {
    pub fn new(as_of: &AsOf, data: T) -> Self {
        let block = BlockView {
            block_number: as_of.block.number,
            block_hash: Hash(as_of.block.hash),
            block_timestamp: Time(as_of.block.timestamp),
        };
        let meta = Meta {
            as_of: block,
            finalized: as_of.is_final(as_of.asked.unwrap_or(as_of.block.number)),
            stale: as_of.is_stale && !as_of.is_about_a_final_block(),
            asked_block: as_of.asked,
        };
        Self { as_of: *as_of, envelope: Envelope { data, meta, page: None } }
    }

    pub fn page(mut self, limit: u32, next: Option<PageCursor>) -> Self {
        self.envelope.page = Some(PageInfo { limit, next: next.map(|cursor| cursor.encode()) });
        self
    }

    /// The body alone, for an answer that is not to be kept.
    pub fn into_json(self) -> Json<Envelope<T>> {
        Json(self.envelope)
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.envelope).into_response();
        // From which follows how long it may be kept.
        response.extensions_mut().insert(self.as_of);
        response
    }
}
