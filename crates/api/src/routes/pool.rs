//! `GET /pool`, and `GET /history`: how stake, capacity, stakers and rewards developed, hour by hour or day by day.

use axum::response::Response;
use linkpool_db::read::{Capacity, HistoryPoint, Period};
use linkpool_primitives::Address;

use crate::{
    as_of::{AsOf, pool},
    at::At,
    envelope::{Answer, Envelope, ListForm},
    page_cursor::{Page, scope},
    parameters::{HistoryQuery, PoolQuery, Timestamp},
    problem::{NOT_FOUND, Problem},
    reading::Reading,
    view::{PointView, PoolView},
};

/// The pool as a whole
#[utoipa::path(get, path = "/pool", tag = "pool", operation_id = "get_pool",
    params(PoolQuery),
    responses((status = 200, description = "Totals, capacity and reward rate", body = Envelope<PoolView>)))]
pub(crate) async fn get_pool(reading: Reading, query: PoolQuery) -> Result<Answer<PoolView>, Problem> {
    let (mut snapshot, as_of) = query.at.open(&reading).await?;
    if query.at == At::Head {
        let present = reading.present(&mut snapshot, &as_of).await?;
        let pool = present.pool.as_ref().ok_or_else(Problem::not_ready)?;
        let nodes = present.nodes.iter().map(|node| &node.state);
        return Ok(Answer::new(&as_of, PoolView::new(pool, nodes, present.stakers, &present.rewards, &as_of)));
    }
    let pool = pool(&mut snapshot).await?;
    let nodes = snapshot.node_states().await?;
    let (stakers, _) = snapshot.pool_statistics().await?;
    let rewards = reading.api.statistics.rewards(&mut snapshot, &as_of).await?;
    Ok(Answer::new(&as_of, PoolView::new(&pool, nodes.iter(), stakers, &rewards, &as_of)))
}

/// How stake, capacity, stakers and rewards developed
///
/// One point for each hour or day (UTC), oldest first, of the pool or of one node. A point holds at the end of its time; where
/// nothing happened it repeats the one before, so there are no gaps. The last point is of the time that is not over yet.
#[utoipa::path(get, path = "/history", tag = "pool", operation_id = "list_history",
    params(HistoryQuery),
    responses((status = 200, description = "A page of points", content((Envelope<Vec<PointView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_history(reading: Reading, query: HistoryQuery, form: ListForm) -> Result<Response, Problem> {
    let HistoryQuery { node, period, limit, format, .. } = query;
    let (from, to) = (query.from.map(|Timestamp(from)| from), query.to.map(|Timestamp(to)| to));
    let scope = scope(&["history", &format!("{node:?}{period:?}{from:?}{to:?}")]);
    let page = Page::open(scope, limit, query.cursor.as_deref())?;
    let mut snapshot = reading.snapshot().await?;
    page.verify(&mut snapshot).await?;
    let as_of = AsOf::of(snapshot.cursor());
    if let Some(node) = &node
        && reading.present(&mut snapshot, &as_of).await?.node(node).is_none()
    {
        let node = linkpool_primitives::checksum(node);
        return Err(Problem::new(&NOT_FOUND, format!("the pool has no node {node}; list the nodes with /api/v1/nodes")));
    }
    let seconds = period.seconds();
    let aligned = |time: u64| time - time % seconds;
    let last = aligned(to.unwrap_or(u64::MAX).min(as_of.now()));
    let reach = u64::from(limit - 1) * seconds;
    let from = from.map_or(last.saturating_sub(reach), aligned);
    let resumed = page.after().map(|(key, _)| aligned(u64::try_from(key).unwrap_or(u64::MAX)));
    let (from, to) = (resumed.unwrap_or(from), last.saturating_add(seconds));
    let (before, changes) = snapshot.history(node.as_ref(), period, (from, to), limit).await?;
    // Where nothing was before, the list begins with what was first.
    let Some(first) = before.map(|_| from).or_else(|| changes.first().map(|point| point.starts_at)) else {
        return form.list::<PointView>(format, Answer::new(&as_of, Vec::new()).page(limit, None));
    };
    let end = first.saturating_add(u64::from(limit) * seconds).min(to);
    let capacity = reading.api.statistics.capacity(&mut snapshot, node.as_ref(), &as_of).await?;
    let points = points((before, changes), capacity, period, (first, end), node.is_some());
    let next = (end <= last && !points.is_empty()).then(|| page.next(&as_of, (u128::from(end), Address::ZERO)));
    form.list::<PointView>(format, Answer::new(&as_of, points).page(limit, next))
}

/// A point for each period in `first..end`, which hold at most as many as a page.
fn points(
    (before, changes): (Option<HistoryPoint>, Vec<HistoryPoint>),
    mut capacity: Option<Capacity>,
    period: Period,
    (first, end): (u64, u64),
    is_node: bool,
) -> Vec<PointView> {
    let mut known = before.unwrap_or_default();
    let mut changes = changes.into_iter().peekable();
    let mut points = Vec::new();
    let mut starts_at = first;
    while starts_at < end {
        let rewards_before = known.rewards;
        if let Some(change) = changes.next_if(|change| change.starts_at == starts_at) {
            known = change;
        }
        let capacity = capacity.as_mut().map(|capacity| capacity.before(starts_at + period.seconds()));
        points.push(PointView::new((starts_at, period.seconds()), &known, (rewards_before, capacity), is_node));
        starts_at += period.seconds();
    }
    points
}
