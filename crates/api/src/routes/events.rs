//! `GET /events`: the whole activity log, as JSON or CSV.

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
    page_cursor::{PageCursor, scope, verify},
    parameters::{EventsParameters, NodeEventsParameters, Parameters},
    problem::Problem,
    state::Api,
    view::{EventView, csv},
};

/// The activity log
///
/// Newest first. With `Accept: text/csv` the same page comes as CSV, and the next page stands in the `Link` header.
#[utoipa::path(get, path = "/events", tag = "events", operation_id = "list_events",
    params(EventsParameters),
    responses((status = 200, description = "A page of events, newest first", content((Envelope<Vec<EventView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_events(
    State(api): State<Api>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = EventPage::read(query.as_deref(), None)?;
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
    scope: u32,
    cursor: Option<PageCursor>,
    limit: u32,
}

impl EventPage {
    /// Reads the query; on a node's own page the node comes from the path.
    pub fn read(query: Option<&str>, on_node: Option<Address>) -> Result<Self, Problem> {
        let route = if on_node.is_some() { NodeEventsParameters::ALL } else { EventsParameters::ALL };
        let mut parameters = Parameters::read(query, route);
        let kind = parameters.word::<EventKind>("type");
        let node = on_node.or_else(|| parameters.address("node"));
        let staker = parameters.address("staker");
        let from_block = parameters.number("from_block");
        let limit = parameters.limit();
        let scope = scope(&["events", &format!("{:?}{node:?}{staker:?}{from_block:?}", kind.map(EventKind::as_str))]);
        let cursor = PageCursor::of(&mut parameters, scope);
        parameters.finish()?;
        let before = cursor.map(|cursor| position(cursor.key));
        Ok(Self { filter: EventFilter { kind, node, staker, from_block, before, limit: limit + 1 }, scope, cursor, limit })
    }

    pub async fn answer(&self, snapshot: &mut Snapshot) -> Result<Answer<Vec<EventView>>, Problem> {
        let (as_of, events, next) = self.load(snapshot).await?;
        Ok(Answer::new(&as_of, events).page(self.limit, next))
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
        verify(snapshot, self.cursor.as_ref()).await?;
        let as_of = AsOf::of(snapshot.cursor());
        let mut records = snapshot.events(&self.filter).await?;
        let more = records.len() > self.limit as usize;
        records.truncate(self.limit as usize);
        let next = records.last().filter(|_| more).map(|last| {
            let key = key(EventPosition { block_number: last.block_number, log_index: last.log_index });
            PageCursor::new(self.scope, &as_of, key, Address::ZERO)
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
