//! `GET /nodes` and what hangs on one node.

use axum::{extract::State, response::Response};
use linkpool_db::read::NodeFilter;
use linkpool_primitives::{Address, NodeStatus};

use crate::{
    as_of::AsOf,
    at::At,
    envelope::{Answer, Envelope, ListForm},
    page_cursor::{Page, scope},
    parameters::{AddressPath, EventsQuery, NodeEventsQuery, NodeQuery, NodeStakesQuery, NodesQuery},
    problem::{NOT_FOUND, Problem},
    routes::events::EventPage,
    state::Api,
    view::{EventView, NodeView, PositionView, positions},
};

/// The nodes of the pool
#[utoipa::path(get, path = "/nodes", tag = "nodes", operation_id = "list_nodes",
    params(NodesQuery),
    responses((status = 200, description = "A page of nodes", content((Envelope<Vec<NodeView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_nodes(State(api): State<Api>, query: NodesQuery, form: ListForm) -> Result<Response, Problem> {
    let NodesQuery { status, range, order: (sort, descending), at, format, .. } = query;
    let scope = scope(&["nodes", &format!("{sort:?}{descending}{:?}{range:?}{at:?}", status.map(NodeStatus::code))]);
    let page = Page::open(scope, query.limit, query.cursor.as_deref())?;
    let (mut snapshot, as_of) = at.open(&api).await?;
    page.verify(&mut snapshot).await?;
    let filter = NodeFilter { status, range, sort, descending, after: page.after(), limit: page.fetch() };
    let mut records = snapshot.nodes(&filter).await?;
    let next = page.cut(&as_of, &mut records, |last| (last.sort_key, last.state.address));
    let rewards = api.statistics.rewards(&mut snapshot, &as_of).await?;
    let views = records.iter().map(|record| NodeView::new(record, &rewards, &as_of)).collect();
    form.list::<NodeView>(format, Answer::new(&as_of, views).page(page.limit, next))
}

/// One node
#[utoipa::path(get, path = "/nodes/{address}", tag = "nodes", operation_id = "get_node",
    params(NodeQuery),
    responses((status = 200, description = "The node", body = Envelope<NodeView>)))]
pub(crate) async fn get_node(
    State(api): State<Api>,
    AddressPath(address): AddressPath,
    query: NodeQuery,
) -> Result<Answer<NodeView>, Problem> {
    if query.at == At::Head {
        let found = api.database.node(&address).await?.ok_or_else(Problem::not_ready)?;
        let as_of = AsOf::of(&found.cursor);
        let record = found.rows.first().ok_or_else(|| unknown(&address))?;
        let known = (api.statistics.known_rewards(&as_of).await, api.work.known(&as_of, &address).await);
        if let (Some(rewards), Some(work)) = known {
            return Ok(Answer::new(&as_of, NodeView { work, ..NodeView::new(record, &rewards, &as_of) }));
        }
    }
    let (mut snapshot, as_of) = query.at.open(&api).await?;
    let record = snapshot.node(&address).await?.ok_or_else(|| unknown(&address))?;
    let rewards = api.statistics.rewards(&mut snapshot, &as_of).await?;
    let is_now = query.at == At::Head;
    let work = if is_now { api.work.of(&mut snapshot, &as_of, &address).await? } else { None };
    Ok(Answer::new(&as_of, NodeView { work, ..NodeView::new(&record, &rewards, &as_of) }))
}

/// The active stakes on a node
///
/// Largest first. Stake that is only unbonding is not listed.
#[utoipa::path(get, path = "/nodes/{address}/stakes", tag = "nodes", operation_id = "list_node_stakes",
    params(NodeStakesQuery),
    responses((status = 200, description = "A page of positions", content((Envelope<Vec<PositionView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_node_stakes(
    State(api): State<Api>,
    AddressPath(address): AddressPath,
    query: NodeStakesQuery,
    form: ListForm,
) -> Result<Response, Problem> {
    let at = query.at;
    let page = Page::open(scope(&["stakes", &format!("{address}{at:?}")]), query.limit, query.cursor.as_deref())?;
    let (mut snapshot, as_of) = at.open(&api).await?;
    page.verify(&mut snapshot).await?;
    let node = snapshot.node(&address).await?.ok_or_else(|| unknown(&address))?.state;
    let mut records = snapshot.positions_on_node(&address, page.after(), page.fetch()).await?;
    let next = page.cut(&as_of, &mut records, |last| (last.shares, last.staker));
    let listed: Vec<_> = records.iter().map(|record| (record.node, record.staker)).collect();
    let tickets = snapshot.tickets_of(&listed).await?;
    let records: Vec<_> = records.into_iter().map(|record| (record, &node)).collect();
    form.list::<PositionView>(query.format, Answer::new(&as_of, positions(&records, &tickets, &as_of)).page(page.limit, next))
}

/// What happened on a node
#[utoipa::path(get, path = "/nodes/{address}/events", tag = "nodes", operation_id = "list_node_events",
    params(NodeEventsQuery),
    responses((status = 200, description = "A page of events", content((Envelope<Vec<EventView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_node_events(
    State(api): State<Api>,
    AddressPath(address): AddressPath,
    query: NodeEventsQuery,
    form: ListForm,
) -> Result<Response, Problem> {
    let NodeEventsQuery { kind, staker, from_block, to_block, from, to, direction, limit, cursor, format } = query;
    let node = Some(address);
    let page =
        EventPage::open(EventsQuery { kind, node, staker, from_block, to_block, from, to, direction, limit, cursor, format })?;
    let mut snapshot = api.snapshot().await?;
    if snapshot.node(&address).await?.is_none() {
        return Err(unknown(&address));
    }
    form.list::<EventView>(format, page.answer(&mut snapshot).await?)
}

pub(super) fn unknown(address: &Address) -> Problem {
    let address = linkpool_primitives::checksum(address);
    Problem::new(&NOT_FOUND, format!("the pool has no node {address}; list the nodes with /api/v1/nodes"))
}
