//! `GET /pool/announcements`

use axum::response::Response;
use linkpool_db::read::{AnnouncementFilter, EventPosition};
use linkpool_primitives::Address;

use crate::{
    envelope::{Answer, Envelope, ListForm},
    page_cursor::{Page, scope},
    parameters::AnnouncementsQuery,
    problem::Problem,
    reading::Reading,
    view::AnnouncementView,
};

/// Log indexes of one block stand below its number in a key.
const LOG_BITS: u32 = 32;

/// What the pool's owners have announced
///
/// Newest first. The pool's owner is a timelock: whatever it does is scheduled first and waits. Each time that an operation was scheduled
/// is an entry, with what it does in words, when it may be executed, and whether it was done or cancelled.
#[utoipa::path(get, path = "/pool/announcements", tag = "pool", operation_id = "list_announcements",
    params(AnnouncementsQuery),
    responses((status = 200, description = "A page of announcements", content((Envelope<Vec<AnnouncementView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_announcements(reading: Reading, query: AnnouncementsQuery, form: ListForm) -> Result<Response, Problem> {
    let AnnouncementsQuery { state, limit, at, format, .. } = query;
    let page = Page::open(scope(&["announcements", &format!("{state:?}{at:?}")]), limit, query.cursor.as_deref())?;
    let (mut snapshot, as_of) = at.open(&reading).await?;
    page.verify(&mut snapshot).await?;
    let seen = page.after().map(|(key, _)| place(key));
    let filter = AnnouncementFilter { state, only_open: false, seen, limit: page.fetch() };
    let mut records = snapshot.announcements(&filter).await?;
    let key = |block: u64, log: u32| u128::from(block) << LOG_BITS | u128::from(log);
    let next = page.cut(&as_of, &mut records, |last| (key(last.block_number, last.log_index), Address::ZERO));
    let views = records.into_iter().map(|record| AnnouncementView::new(record, &as_of)).collect();
    form.list::<AnnouncementView>(format, Answer::new(&as_of, views).page(page.limit, next))
}

/// What a key that is no place stands for is behind everything.
fn place(key: u128) -> EventPosition {
    let (block, log) = (key >> LOG_BITS, key & u128::from(u32::MAX));
    EventPosition {
        block_number: u64::try_from(block).ok().filter(|block| i64::try_from(*block).is_ok()).unwrap_or_default(),
        log_index: u32::try_from(log).ok().filter(|log| i32::try_from(*log).is_ok()).unwrap_or_default(),
    }
}
