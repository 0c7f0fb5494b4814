//! `GET /nodes` and what hangs on one node.

use axum::response::Response;
use linkpool_db::read::NodeFilter;
use linkpool_primitives::{Address, NodeStatus};

use crate::{
    as_of::AsOf,
    at::At,
    envelope::{Answer, Envelope, ListForm},
    page_cursor::{Page, scope},
    parameters::{AddressPath, EventsQuery, NodeEventsQuery, NodeQuery, NodeStakesQuery, NodesQuery},
    problem::{NOT_FOUND, Problem},
    reading::Reading,
    routes::events::EventPage,
    view::{EventView, NodeView, PositionView, positions},
};

/// The nodes of the pool
#[utoipa::path(get, path = "/nodes", tag = "nodes", operation_id = "list_nodes",
    params(NodesQuery),
    responses((status = 200, description = "A page of nodes", content((Envelope<Vec<NodeView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_nodes(reading: Reading, query: NodesQuery, form: ListForm) -> Result<Response, Problem> {
    let NodesQuery { status, range, order: (sort, descending), at, format, .. } = query;
    let scope = scope(&["nodes", &format!("{sort:?}{descending}{:?}{range:?}{at:?}", status.map(NodeStatus::code))]);
    let page = Page::open(scope, query.limit, query.cursor.as_deref())?;
    let (mut snapshot, as_of) = at.open(&reading).await?;
    page.verify(&mut snapshot).await?;
    let filter = NodeFilter { status, range, sort, descending, after: page.after(), limit: page.fetch() };
    if at == At::Head {
        let present = reading.present(&mut snapshot, &as_of).await?;
        let mut records = present.page(&filter, &as_of);
        let next = page.cut(&as_of, &mut records, |(place, _)| *place);
        let views = records.iter().map(|(_, record)| NodeView::new(record, &present.rewards, &as_of)).collect();
        return form.list::<NodeView>(format, Answer::new(&as_of, views).page(page.limit, next));
    }
    let mut records = snapshot.nodes(&filter).await?;
    let next = page.cut(&as_of, &mut records, |last| (last.sort_key, last.state.address));
    let rewards = reading.api.statistics.rewards(&mut snapshot, &as_of).await?;
    let views = records.iter().map(|record| NodeView::new(record, &rewards, &as_of)).collect();
    form.list::<NodeView>(format, Answer::new(&as_of, views).page(page.limit, next))
}

/// One node
#[utoipa::path(get, path = "/nodes/{address}", tag = "nodes", operation_id = "get_node",
    params(NodeQuery),
    responses((status = 200, description = "The node", body = Envelope<NodeView>)))]
pub(crate) async fn get_node(
    reading: Reading,
    AddressPath(address): AddressPath,
    query: NodeQuery,
) -> Result<Answer<NodeView>, Problem> {
    let (mut snapshot, as_of) = query.at.open(&reading).await?;
    if query.at == At::Head {
        let present = reading.present(&mut snapshot, &as_of).await?;
        let record = present.node(&address).ok_or_else(|| unknown(&address))?;
        let work = reading.api.work.of(&mut snapshot, &as_of, &address).await?;
        return Ok(Answer::new(&as_of, NodeView { work, ..NodeView::new(record, &present.rewards, &as_of) }));
    }
    let record = snapshot.node(&address).await?.ok_or_else(|| unknown(&address))?;
    let rewards = reading.api.statistics.rewards(&mut snapshot, &as_of).await?;
    Ok(Answer::new(&as_of, NodeView::new(&record, &rewards, &as_of)))
}

/// The active stakes on a node
///
/// Largest first. Stake that is only unbonding is not listed.
#[utoipa::path(get, path = "/nodes/{address}/stakes", tag = "nodes", operation_id = "list_node_stakes",
    params(NodeStakesQuery),
    responses((status = 200, description = "A page of positions", content((Envelope<Vec<PositionView>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_node_stakes(
    reading: Reading,
    AddressPath(address): AddressPath,
    query: NodeStakesQuery,
    form: ListForm,
) -> Result<Response, Problem> {
    let at = query.at;
    let page = Page::open(scope(&["stakes", &format!("{address}{at:?}")]), query.limit, query.cursor.as_deref())?;
    let (mut snapshot, as_of) = at.open(&reading).await?;
    page.verify(&mut snapshot).await?;
    let node = match at {
        At::Head => reading.present(&mut snapshot, &as_of).await?.node(&address).map(|node| node.state.clone()),
        _ => snapshot.node(&address).await?.map(|node| node.state),
    };
    let node = node.ok_or_else(|| unknown(&address))?;
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
    reading: Reading,
    AddressPath(address): AddressPath,
    query: NodeEventsQuery,
    form: ListForm,
) -> Result<Response, Problem> {
    let NodeEventsQuery { kind, staker, from_block, to_block, from, to, direction, limit, cursor, format } = query;
    let node = Some(address);
    let page =
        EventPage::open(EventsQuery { kind, node, staker, from_block, to_block, from, to, direction, limit, cursor, format })?;
    let mut snapshot = reading.snapshot().await?;
    let as_of = AsOf::of(snapshot.cursor());
    if reading.present(&mut snapshot, &as_of).await?.node(&address).is_none() {
        return Err(unknown(&address));
    }
    form.list::<EventView>(format, page.answer(&mut snapshot).await?)
}

pub(super) fn unknown(address: &Address) -> Problem {
    let address = linkpool_primitives::checksum(address);
    Problem::new(&NOT_FOUND, format!("the pool has no node {address}; list the nodes with /api/v1/nodes"))
}
