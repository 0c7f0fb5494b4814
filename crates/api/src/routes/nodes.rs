//! `GET /nodes` and what hangs on one node.

use axum::extract::State;
use linkpool_db::read::NodeFilter;
use linkpool_primitives::{Address, NodeStatus};

use crate::{
    envelope::{Answer, Envelope},
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
    responses((status = 200, description = "A page of nodes", body = Envelope<Vec<NodeView>>)))]
pub(crate) async fn list_nodes(State(api): State<Api>, query: NodesQuery) -> Result<Answer<Vec<NodeView>>, Problem> {
    let NodesQuery { status, range, order: (sort, descending), at, .. } = query;
    let scope = scope(&["nodes", &format!("{sort:?}{descending}{:?}{range:?}{at:?}", status.map(NodeStatus::code))]);
    let page = Page::open(scope, query.limit, query.cursor.as_deref())?;
    let (mut snapshot, as_of) = at.open(&api).await?;
    page.verify(&mut snapshot).await?;
    let filter = NodeFilter { status, range, sort, descending, after: page.after(), limit: page.fetch() };
    let mut records = snapshot.nodes(&filter).await?;
    let next = page.cut(&as_of, &mut records, |last| (last.sort_key, last.state.address));
    Ok(Answer::new(&as_of, records.iter().map(|record| NodeView::new(record, &as_of)).collect()).page(page.limit, next))
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
    let (mut snapshot, as_of) = query.at.open(&api).await?;
    let record = snapshot.node(&address).await?.ok_or_else(|| unknown(&address))?;
    Ok(Answer::new(&as_of, NodeView::new(&record, &as_of)))
}

/// The active stakes on a node
///
/// Largest first. Stake that is only unbonding is not listed.
#[utoipa::path(get, path = "/nodes/{address}/stakes", tag = "nodes", operation_id = "list_node_stakes",
    params(NodeStakesQuery),
    responses((status = 200, description = "A page of positions", body = Envelope<Vec<PositionView>>)))]
pub(crate) async fn list_node_stakes(
    State(api): State<Api>,
    AddressPath(address): AddressPath,
    query: NodeStakesQuery,
) -> Result<Answer<Vec<PositionView>>, Problem> {
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
    Ok(Answer::new(&as_of, positions(&records, &tickets, &as_of)).page(page.limit, next))
}

/// What happened on a node
#[utoipa::path(get, path = "/nodes/{address}/events", tag = "nodes", operation_id = "list_node_events",
    params(NodeEventsQuery),
    responses((status = 200, description = "A page of events, newest first", body = Envelope<Vec<EventView>>)))]
pub(crate) async fn list_node_events(
    State(api): State<Api>,
    AddressPath(address): AddressPath,
    query: NodeEventsQuery,
) -> Result<Answer<Vec<EventView>>, Problem> {
    let NodeEventsQuery { kind, staker, from_block, limit, cursor } = query;
    let page = EventPage::open(EventsQuery { kind, node: Some(address), staker, from_block, limit, cursor })?;
    let mut snapshot = api.snapshot().await?;
    if snapshot.node(&address).await?.is_none() {
        return Err(unknown(&address));
    }
    page.answer(&mut snapshot).await
}

fn unknown(address: &Address) -> Problem {
    let address = linkpool_primitives::checksum(address);
    Problem::new(&NOT_FOUND, format!("the pool has no node {address}; list the nodes with /api/v1/nodes"))
}
