//! `GET /nodes/{address}/earnings`

use std::collections::HashMap;

use axum::{extract::State, response::Response};
use linkpool_db::read::{DAY_SECONDS, Earnings, Snapshot};
use linkpool_primitives::Address;

use crate::{
    as_of::AsOf,
    envelope::{Answer, Envelope, ListForm},
    page_cursor::{Page, scope},
    parameters::{AddressPath, NodeEarningsQuery, Timestamp},
    problem::Problem,
    routes::nodes::unknown,
    state::Api,
    view::EarningsDayView,
};

/// What a node was asked and has earned, day by day
///
/// One entry for each day (UTC) since the first request at an Operator of the node, oldest first, without gaps. The last one is of the day
/// that is not over yet. Empty for a node that no Operator was named for.
#[utoipa::path(get, path = "/nodes/{address}/earnings", tag = "nodes", operation_id = "list_node_earnings",
    params(NodeEarningsQuery),
    responses((status = 200, description = "A page of days", content((Envelope<Vec<EarningsDayView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_node_earnings(
    State(api): State<Api>,
    AddressPath(address): AddressPath,
    query: NodeEarningsQuery,
    form: ListForm,
) -> Result<Response, Problem> {
    let NodeEarningsQuery { limit, format, .. } = query;
    let (from, to) = (query.from.map(|Timestamp(from)| from), query.to.map(|Timestamp(to)| to));
    let page = Page::open(scope(&["earnings", &format!("{address}{from:?}{to:?}")]), limit, query.cursor.as_deref())?;
    let mut snapshot = api.snapshot().await?;
    page.verify(&mut snapshot).await?;
    let as_of = AsOf::of(snapshot.cursor());
    if snapshot.node(&address).await?.is_none() {
        return Err(unknown(&address));
    }
    let Some(begin) = snapshot.first_request(&address).await? else {
        return form.list::<EarningsDayView>(format, Answer::new(&as_of, Vec::new()).page(limit, None));
    };
    let aligned = |time: u64| time - time % DAY_SECONDS;
    let last = aligned(to.unwrap_or(u64::MAX).min(as_of.now()));
    let reach = u64::from(limit - 1) * DAY_SECONDS;
    let from = from.map_or(last.saturating_sub(reach), aligned);
    let resumed = page.after().map(|(key, _)| aligned(u64::try_from(key).unwrap_or(u64::MAX)));
    let first = resumed.unwrap_or(from).max(aligned(begin));
    let end = first.saturating_add(u64::from(limit) * DAY_SECONDS).min(last.saturating_add(DAY_SECONDS));
    let days = days(&mut snapshot, &address, first, end).await?;
    let next = (end <= last && !days.is_empty()).then(|| page.next(&as_of, (u128::from(end), Address::ZERO)));
    form.list::<EarningsDayView>(format, Answer::new(&as_of, days).page(limit, next))
}

/// One for each day in `first..end`, which hold at most as many as a page.
async fn days(snapshot: &mut Snapshot, node: &Address, first: u64, end: u64) -> Result<Vec<EarningsDayView>, Problem> {
    let asked = snapshot.earnings_by_day(node, first, end).await?;
    let asked: HashMap<u64, Earnings> = asked.into_iter().map(|day| (day.starts_at, day)).collect();
    let passed_on: HashMap<u64, u128> = snapshot.passed_on_by_day(node, first, end).await?.into_iter().collect();
    let spent: HashMap<u64, u128> = snapshot.fees_by_day(node, first, end).await?.into_iter().collect();
    let at = |of: &HashMap<u64, u128>, time: u64| of.get(&time).copied().unwrap_or_default();
    let mut days = Vec::new();
    let mut starts_at = first;
    while starts_at < end {
        let day = asked.get(&starts_at).copied().unwrap_or(Earnings { starts_at, ..Earnings::default() });
        days.push(EarningsDayView::new(&day, at(&passed_on, starts_at), at(&spent, starts_at)));
        starts_at += DAY_SECONDS;
    }
    Ok(days)
}
