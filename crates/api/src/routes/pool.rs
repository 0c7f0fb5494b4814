//! `GET /pool`, and `GET /history`: how stake, capacity, stakers and rewards developed, hour by hour or day by day.

use axum::{extract::State, response::Response};
use linkpool_db::read::{Period, Snapshot};
use linkpool_primitives::Address;

use crate::{
    as_of::{AsOf, pool},
    envelope::{Answer, Envelope, ListForm},
    page_cursor::{Page, scope},
    parameters::{HistoryQuery, MAX_POINTS, PoolQuery, Timestamp},
    problem::{NOT_FOUND, Problem},
    state::Api,
    view::{PointView, PoolView},
};

/// The pool as a whole
#[utoipa::path(get, path = "/pool", tag = "pool", operation_id = "get_pool",
    params(PoolQuery),
    responses((status = 200, description = "Totals, capacity and reward rate", body = Envelope<PoolView>)))]
pub(crate) async fn get_pool(State(api): State<Api>, query: PoolQuery) -> Result<Answer<PoolView>, Problem> {
    let (mut snapshot, as_of) = query.at.open(&api).await?;
    let pool = pool(&mut snapshot).await?;
    let nodes = snapshot.node_states().await?;
    let (stakers, _) = snapshot.pool_statistics().await?;
    let rewards = api.statistics.rewards(&mut snapshot, &as_of).await?;
    Ok(Answer::new(&as_of, PoolView::new(&pool, &nodes, stakers, &rewards, &as_of)))
}

/// How stake, capacity, stakers and rewards developed
///
/// One point for each hour or day (UTC), oldest first, of the pool or of one node. A point holds at the end of its time; where
/// nothing happened it repeats the one before, so there are no gaps. The last point is of the time that is not over yet.
#[utoipa::path(get, path = "/history", tag = "pool", operation_id = "list_history",
    params(HistoryQuery),
    responses((status = 200, description = "A page of points", content((Envelope<Vec<PointView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_history(State(api): State<Api>, query: HistoryQuery, form: ListForm) -> Result<Response, Problem> {
    let HistoryQuery { node, period, limit, format, .. } = query;
    let (from, to) = (query.from.map(|Timestamp(from)| from), query.to.map(|Timestamp(to)| to));
    let scope = scope(&["history", &format!("{node:?}{period:?}{from:?}{to:?}")]);
    let page = Page::open(scope, limit, query.cursor.as_deref())?;
    let mut snapshot = api.snapshot().await?;
    page.verify(&mut snapshot).await?;
    let as_of = AsOf::of(snapshot.cursor());
    if let Some(node) = &node
        && snapshot.node(node).await?.is_none()
    {
        let node = linkpool_primitives::checksum(node);
        return Err(Problem::new(&NOT_FOUND, format!("the pool has no node {node}; list the nodes with /api/v1/nodes")));
    }
    let Some(begin) = snapshot.history_begin(node.as_ref(), period).await? else {
        return form.list::<PointView>(format, Answer::new(&as_of, Vec::new()).page(limit, None));
    };
    let seconds = period.seconds();
    let aligned = |time: u64| time - time % seconds;
    let last = aligned(to.unwrap_or(u64::MAX).min(as_of.now()));
    let reach = u64::from(limit - 1) * seconds;
    let from = from.map_or(last.saturating_sub(reach), aligned);
    let resumed = page.after().map(|(key, _)| aligned(u64::try_from(key).unwrap_or(u64::MAX)));
    let first = resumed.unwrap_or(from).max(begin);
    let end = first.saturating_add(u64::from(limit) * seconds).min(last.saturating_add(seconds));
    let points = points(&mut snapshot, node.as_ref(), period, first, end).await?;
    let next = (end <= last && !points.is_empty()).then(|| page.next(&as_of, (u128::from(end), Address::ZERO)));
    form.list::<PointView>(format, Answer::new(&as_of, points).page(limit, next))
}

/// A point for each period in `first..end`, which hold at most as many as a page.
async fn points(
    snapshot: &mut Snapshot,
    node: Option<&Address>,
    period: Period,
    first: u64,
    end: u64,
) -> Result<Vec<PointView>, Problem> {
    let before = snapshot.history_before(node, period, first).await?;
    let mut capacity = snapshot.capacity(node).await?;
    let mut known = before.unwrap_or_default();
    let mut changes = snapshot.history_within(node, period, first, end, MAX_POINTS).await?.into_iter().peekable();
    let mut points = Vec::new();
    let mut starts_at = first;
    while starts_at < end {
        let rewards_before = known.rewards;
        if let Some(change) = changes.next_if(|change| change.starts_at == starts_at) {
            known = change;
        }
        let capacity = capacity.as_mut().map(|capacity| capacity.before(starts_at + period.seconds()));
        points.push(PointView::new((starts_at, period.seconds()), &known, (rewards_before, capacity), node.is_some()));
        starts_at += period.seconds();
    }
    Ok(points)
}
