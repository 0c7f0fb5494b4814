//! `GET /events`: the whole activity log, as JSON or CSV; and `GET /transactions/{hash}`.

use axum::response::Response;
use linkpool_db::read::{EventFilter, EventPosition, Snapshot};
use linkpool_primitives::{Address, EventKind};

use crate::{
    as_of::AsOf,
    envelope::{Answer, Envelope, ListForm},
    page_cursor::{Page, scope},
    parameters::{Descending, EventsQuery, HashPath, Timestamp, TransactionQuery},
    problem::Problem,
    reading::Reading,
    view::{EventView, TransactionView},
};

/// The activity log
///
/// Newest first, or oldest first. As CSV the next page stands in the `Link` header.
#[utoipa::path(get, path = "/events", tag = "events", operation_id = "list_events",
    params(EventsQuery),
    responses((status = 200, description = "A page of events", content((Envelope<Vec<EventView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_events(reading: Reading, asked: EventsQuery, form: ListForm) -> Result<Response, Problem> {
    let format = asked.format;
    let page = EventPage::open(asked)?;
    form.list::<EventView>(format, page.answer(&mut reading.snapshot().await?).await?)
}

/// One page of the log, as asked for.
#[derive(Debug)]
pub(super) struct EventPage {
    filter: EventFilter,
    page: Page,
}

impl EventPage {
    pub fn open(query: EventsQuery) -> Result<Self, Problem> {
        let EventsQuery { kind, node, staker, from_block, to_block, from, to, direction, limit, cursor, .. } = query;
        let (from, to) = (from.map(|Timestamp(from)| from), to.map(|Timestamp(to)| to));
        let filters = format!("{:?}{node:?}{staker:?}{from_block:?}{to_block:?}{from:?}{to:?}", kind.map(EventKind::as_str));
        let Descending(descending) = direction;
        let page = Page::open(scope(&["events", &filters, &descending.to_string()]), limit, cursor.as_deref())?;
        let seen = page.after().map(|(key, _)| position(key));
        let (oldest_first, limit) = (!descending, page.fetch());
        Ok(Self { filter: EventFilter { kind, node, staker, from_block, to_block, from, to, oldest_first, seen, limit }, page })
    }

    pub async fn answer(&self, snapshot: &mut Snapshot) -> Result<Answer<Vec<EventView>>, Problem> {
        self.page.verify(snapshot).await?;
        let as_of = AsOf::of(snapshot.cursor());
        let mut records = snapshot.events(&self.filter).await?;
        let next = self.page.cut(&as_of, &mut records, |last| {
            (key(EventPosition { block_number: last.block_number, log_index: last.log_index }), Address::ZERO)
        });
        let views = records.into_iter().map(|record| EventView::new(record, &as_of)).collect();
        Ok(Answer::new(&as_of, views).page(self.page.limit, next))
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

/// What a transaction did in this pool
///
/// A transaction that is not indexed is `unknown`, not 404: it may come with the next block.
#[utoipa::path(get, path = "/transactions/{hash}", tag = "events", operation_id = "get_transaction",
    params(TransactionQuery),
    responses((status = 200, description = "Its state and events", body = Envelope<TransactionView>)))]
pub(crate) async fn get_transaction(
    reading: Reading,
    _: TransactionQuery,
    HashPath(hash): HashPath,
) -> Result<Answer<TransactionView>, Problem> {
    let mut snapshot = reading.snapshot().await?;
    let as_of = AsOf::of(snapshot.cursor());
    let records = snapshot.events_of_transaction(&hash).await?;
    Ok(Answer::new(&as_of, TransactionView::new(hash, records, &as_of)))
}
