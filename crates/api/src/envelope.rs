//! What every answer is wrapped in: the data, and as of which block they hold.

use std::convert::Infallible;

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    BASE,
    accept::Media,
    as_of::AsOf,
    page_cursor::PageCursor,
    problem::{INTERNAL, Problem},
    view::{BlockView, Hash, Linked, Table, Time, link, table},
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

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

/// What an answer of one entry takes; longer ones grow.
const USUAL_BYTES: usize = 2_048;

impl<T: Serialize> Answer<T> {
    /// As values, for who takes them apart: with a rounded number beside every amount.
    fn into_parts(self) -> Result<(AsOf, Envelope<Value>), Problem> {
        let Envelope { data, meta, page } = self.envelope;
        let data = with_links(data)?;
        Ok((self.as_of, Envelope { data, meta, page }))
    }

    fn respond(self) -> Result<Response, Problem> {
        let Envelope { data, meta, page } = self.envelope;
        let mut body = Vec::with_capacity(USUAL_BYTES);
        serde_json::to_writer(&mut body, &Envelope { data: Linked(data), meta, page }).map_err(unwritable)?;
        Ok(marked(([(header::CONTENT_TYPE, JSON)], body).into_response(), self.as_of))
    }
}

/// An amount in juels gets its rounded companion beside it.
pub(crate) fn with_links(data: impl Serialize) -> Result<Value, Problem> {
    let mut value = serde_json::to_value(data).map_err(unwritable)?;
    link::add(&mut value);
    Ok(value)
}

fn unwritable(error: serde_json::Error) -> Problem {
    tracing::error!(%error, "an answer can't be written");
    Problem::new(&INTERNAL, INTERNAL.page)
}

/// From the moment follows how long an answer may be kept.
fn marked(mut response: Response, as_of: AsOf) -> Response {
    response.extensions_mut().insert(as_of);
    response
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        self.respond().into_response()
    }
}

/// In which form a list is wanted, and how its next page is named.
#[derive(Debug)]
pub(crate) struct ListForm {
    /// By its headers; what the query names comes before it.
    accepted: Media,
    path: String,
    query: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for ListForm {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let (accepted, query) = (Media::wanted(&parts.headers, None), parts.uri.query().map(str::to_owned));
        // Every list stands below the base, which the router has taken off.
        Ok(Self { accepted, path: format!("{BASE}{}", parts.uri.path()), query })
    }
}

impl ListForm {
    /// A list, as JSON or as CSV.
    pub fn list<T: Table>(self, format: Option<Media>, answer: Answer<Vec<T>>) -> Result<Response, Problem> {
        match format.unwrap_or(self.accepted) {
            Media::Json => answer.respond(),
            Media::Csv => self.csv::<T, _>(answer, |data| data),
        }
    }

    /// An answer of which one field is a list; that alone is CSV.
    pub fn list_within<T: Table, Body: Serialize>(
        self,
        format: Option<Media>,
        answer: Answer<Body>,
        field: &str,
    ) -> Result<Response, Problem> {
        match format.unwrap_or(self.accepted) {
            Media::Json => answer.respond(),
            Media::Csv => self.csv::<T, _>(answer, |mut data| data[field].take()),
        }
    }

    fn csv<T: Table, Body: Serialize>(&self, answer: Answer<Body>, rows: impl Fn(Value) -> Value) -> Result<Response, Problem> {
        let (as_of, envelope) = answer.into_parts()?;
        let rows = rows(envelope.data);
        let text = table::csv::<T>(rows.as_array().map_or(&[], Vec::as_slice));
        let next = envelope.page.and_then(|page| page.next).map(|next| self.link(&next));
        let disposition = format!("attachment; filename=\"{}.csv\"", T::NAME);
        let mut response = text.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
        for (name, value) in [(header::CONTENT_DISPOSITION, Some(disposition)), (header::LINK, next)] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        Ok(marked(response, as_of))
    }

    fn link(&self, next: &str) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        let query = self.query.as_deref().unwrap_or_default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor") {
            pairs.append_pair(&name, &value);
        }
        format!("<{}?{}>; rel=\"next\"", self.path, pairs.append_pair("cursor", next).finish())
    }
}
