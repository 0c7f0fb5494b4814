//! `GET /nodes` and what hangs on one node.

use axum::extract::{RawQuery, State};
use linkpool_db::read::{NodeFilter, NodeSort};
use linkpool_primitives::{Address, NodeStatus};

use crate::{
    at::At,
    envelope::{Answer, Envelope},
    page_cursor::{PageCursor, scope, verify},
    parameters::{NodeEventsParameters, NodeParameters, NodeStakesParameters, NodesParameters, Parameters, PathText},
    problem::{NOT_FOUND, Problem},
    routes::events,
    state::Api,
    view::{EventView, NodeView, PositionView, positions},
};

const SORTS: [(&str, (NodeSort, bool)); 6] = [
    ("stake", (NodeSort::Stake, false)),
    ("-stake", (NodeSort::Stake, true)),
    ("created", (NodeSort::Created, false)),
    ("-created", (NodeSort::Created, true)),
    ("available", (NodeSort::Available, false)),
    ("-available", (NodeSort::Available, true)),
];

/// The nodes of the pool
#[utoipa::path(get, path = "/nodes", tag = "nodes", operation_id = "list_nodes",
    params(NodesParameters),
    responses((status = 200, description = "A page of nodes", body = Envelope<Vec<NodeView>>)))]
pub(crate) async fn list_nodes(State(api): State<Api>, RawQuery(query): RawQuery) -> Result<Answer<Vec<NodeView>>, Problem> {
    let mut parameters = Parameters::read(query.as_deref(), NodesParameters::ALL);
    let at = At::of(&parameters);
    let status = parameters.word::<NodeStatus>("status");
    let range = prefix(&parameters);
    let (sort, descending) = parameters.choice("sort", &SORTS).unwrap_or((NodeSort::Created, true));
    let limit = parameters.limit();
    let digest = scope(&["nodes", &format!("{sort:?}{descending}{:?}{range:?}{at:?}", status.map(NodeStatus::code))]);
    let cursor = PageCursor::of(&mut parameters, digest);
    parameters.finish()?;

    let (mut snapshot, as_of) = at.open(&api).await?;
    verify(&mut snapshot, cursor.as_ref()).await?;
    let after = cursor.map(|cursor| (cursor.key, cursor.id));
    let mut records = snapshot.nodes(&NodeFilter { status, range, sort, descending, after, limit: limit + 1 }).await?;
    let more = records.len() > limit as usize;
    records.truncate(limit as usize);
    let next = records.last().filter(|_| more).map(|last| PageCursor::new(digest, &as_of, last.sort_key, last.state.address));
    Ok(Answer::new(&as_of, records.iter().map(|record| NodeView::new(record, &as_of)).collect()).page(limit, next))
}

/// One node
#[utoipa::path(get, path = "/nodes/{address}", tag = "nodes", operation_id = "get_node",
    params(NodeParameters),
    responses((status = 200, description = "The node", body = Envelope<NodeView>)))]
pub(crate) async fn get_node(
    State(api): State<Api>,
    address: PathText,
    RawQuery(query): RawQuery,
) -> Result<Answer<NodeView>, Problem> {
    let address = address.address()?;
    let parameters = Parameters::read(query.as_deref(), NodeParameters::ALL);
    let at = At::of(&parameters);
    parameters.finish()?;
    let (mut snapshot, as_of) = at.open(&api).await?;
    let record = snapshot.node(&address).await?.ok_or_else(|| unknown(&address))?;
    Ok(Answer::new(&as_of, NodeView::new(&record, &as_of)))
}

/// The active stakes on a node
///
/// Largest first. Stake that is only unbonding is not listed.
#[utoipa::path(get, path = "/nodes/{address}/stakes", tag = "nodes", operation_id = "list_node_stakes",
    params(NodeStakesParameters),
    responses((status = 200, description = "A page of positions", body = Envelope<Vec<PositionView>>)))]
pub(crate) async fn list_node_stakes(
    State(api): State<Api>,
    address: PathText,
    RawQuery(query): RawQuery,
) -> Result<Answer<Vec<PositionView>>, Problem> {
    let address = address.address()?;
    let mut parameters = Parameters::read(query.as_deref(), NodeStakesParameters::ALL);
    let at = At::of(&parameters);
    let limit = parameters.limit();
    let digest = scope(&["stakes", &format!("{address}{at:?}")]);
    let cursor = PageCursor::of(&mut parameters, digest);
    parameters.finish()?;

    let (mut snapshot, as_of) = at.open(&api).await?;
    verify(&mut snapshot, cursor.as_ref()).await?;
    let node = snapshot.node(&address).await?.ok_or_else(|| unknown(&address))?.state;
    let mut records = snapshot.positions_on(&address, cursor.map(|cursor| (cursor.key, cursor.id)), limit + 1).await?;
    let more = records.len() > limit as usize;
    records.truncate(limit as usize);
    let next = records.last().filter(|_| more).map(|last| PageCursor::new(digest, &as_of, last.shares, last.staker));
    let stakers: Vec<Address> = records.iter().map(|record| record.staker).collect();
    let tickets = snapshot.tickets_on(&address, &stakers).await?;
    let records: Vec<_> = records.into_iter().map(|record| (record, &node)).collect();
    Ok(Answer::new(&as_of, positions(&records, &tickets, &as_of)).page(limit, next))
}

/// What happened on a node
#[utoipa::path(get, path = "/nodes/{address}/events", tag = "nodes", operation_id = "list_node_events",
    params(NodeEventsParameters),
    responses((status = 200, description = "A page of events, newest first", body = Envelope<Vec<EventView>>)))]
pub(crate) async fn list_node_events(
    State(api): State<Api>,
    address: PathText,
    RawQuery(query): RawQuery,
) -> Result<Answer<Vec<EventView>>, Problem> {
    let address = address.address()?;
    let page = events::EventPage::read(query.as_deref(), Some(address))?;
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

/// The lowest and the highest address that begin with the digits of `q`.
fn prefix(parameters: &Parameters) -> Option<(Address, Address)> {
    let text = parameters.text("q")?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let end = |fill: char| {
        let mut bytes = [0u8; 20];
        let full: String = digits.chars().chain(std::iter::repeat(fill)).take(40).collect();
        hex::decode_to_slice(full, &mut bytes).ok().map(|()| Address::from(bytes))
    };
    end('0').zip(end('f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_spans_every_address_that_begins_with_it() {
        let parameters = Parameters::read(Some("q=0x5aA"), NodesParameters::ALL);
        let (low, high) = prefix(&parameters).unwrap();
        assert_eq!(hex::encode(low), format!("5aa{}", "0".repeat(37)));
        assert_eq!(hex::encode(high), format!("5aa{}", "f".repeat(37)));
    }
}
