//! `GET /events`: the whole activity log, as JSON or CSV; and `GET /transactions/{hash}`.

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use linkpool_db::read::{EventFilter, EventPosition, Snapshot};
use linkpool_primitives::{Address, EventKind};

use crate::{
    accept::Media,
    as_of::AsOf,
    envelope::{Answer, Envelope},
    page_cursor::{Page, PageCursor, scope},
    parameters::{EventsQuery, HashPath, TransactionQuery},
    problem::Problem,
    state::Api,
    view::{EventView, TransactionView, csv},
};

/// The activity log
///
/// Newest first. With `Accept: text/csv` the same page comes as CSV, and the next page stands in the `Link` header.
#[utoipa::path(get, path = "/events", tag = "events", operation_id = "list_events",
    params(EventsQuery),
    responses((status = 200, description = "A page of events, newest first", content((Envelope<Vec<EventView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_events(
    State(api): State<Api>,
    asked: EventsQuery,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = EventPage::open(asked)?;
    let mut snapshot = api.snapshot().await?;
    if Media::wanted(&headers) == Media::Csv {
        page.csv(&mut snapshot, query.as_deref()).await
    } else {
        Ok(page.answer(&mut snapshot).await?.into_response())
    }
}

/// One page of the log, as asked for.
#[derive(Debug)]
pub(super) struct EventPage {
    filter: EventFilter,
    page: Page,
}

impl EventPage {
    pub fn open(query: EventsQuery) -> Result<Self, Problem> {
        let EventsQuery { kind, node, staker, from_block, limit, cursor } = query;
        let scope = scope(&["events", &format!("{:?}{node:?}{staker:?}{from_block:?}", kind.map(EventKind::as_str))]);
        let page = Page::open(scope, limit, cursor.as_deref())?;
        let before = page.after().map(|(key, _)| position(key));
        Ok(Self { filter: EventFilter { kind, node, staker, from_block, before, limit: page.fetch() }, page })
    }

    pub async fn answer(&self, snapshot: &mut Snapshot) -> Result<Answer<Vec<EventView>>, Problem> {
        let (as_of, events, next) = self.load(snapshot).await?;
        Ok(Answer::new(&as_of, events).page(self.page.limit, next))
    }

    async fn csv(&self, snapshot: &mut Snapshot, query: Option<&str>) -> Result<Response, Problem> {
        let (as_of, events, next) = self.load(snapshot).await?;
        let mut response = csv(&events).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"events.csv\""));
        if let Some(link) = next.and_then(|next| HeaderValue::from_str(&next_link(query, &next)).ok()) {
            headers.insert(header::LINK, link);
        }
        response.extensions_mut().insert(as_of);
        Ok(response)
    }

    async fn load(&self, snapshot: &mut Snapshot) -> Result<(AsOf, Vec<EventView>, Option<PageCursor>), Problem> {
        self.page.verify(snapshot).await?;
        let as_of = AsOf::of(snapshot.cursor());
        let mut records = snapshot.events(&self.filter).await?;
        let next = self.page.cut(&as_of, &mut records, |last| {
            (key(EventPosition { block_number: last.block_number, log_index: last.log_index }), Address::ZERO)
        });
        Ok((as_of, records.into_iter().map(|record| EventView::new(record, &as_of)).collect(), next))
    }
}

fn key(position: EventPosition) -> u128 {
    u128::from(position.block_number) << 32 | u128::from(position.log_index)
}

fn position(key: u128) -> EventPosition {
    // Both halves were put there by `key`; a forged one is cut to what Postgres can compare.
    let block_number = u64::try_from(key >> 32).unwrap_or(u64::MAX).min(i64::MAX.unsigned_abs());
    let log_index = (key & 0xffff_ffff) as u32;
    EventPosition { block_number, log_index: log_index.min(i32::MAX.unsigned_abs()) }
}

fn next_link(query: Option<&str>, next: &PageCursor) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).filter(|(name, _)| name != "cursor") {
        pairs.append_pair(&name, &value);
    }
    format!("</api/v1/events?{}>; rel=\"next\"", pairs.append_pair("cursor", &next.encode()).finish())
}

/// What a transaction did in this pool
///
/// A transaction that is not indexed is `unknown`, not 404: it may come with the next block.
#[utoipa::path(get, path = "/transactions/{hash}", tag = "events", operation_id = "get_transaction",
    params(TransactionQuery),
    responses((status = 200, description = "Its state and events", body = Envelope<TransactionView>)))]
pub(crate) async fn get_transaction(
    State(api): State<Api>,
    _: TransactionQuery,
    HashPath(hash): HashPath,
) -> Result<Answer<TransactionView>, Problem> {
    let mut snapshot = api.snapshot().await?;
    let as_of = AsOf::of(snapshot.cursor());
    let records = snapshot.events_of_transaction(&hash).await?;
    Ok(Answer::new(&as_of, TransactionView::new(hash, records, &as_of)))
}
