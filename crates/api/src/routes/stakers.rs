//! `GET /stakers` and `GET /stakers/{address}`

use axum::{extract::State, response::Response};
use linkpool_primitives::Address;

use crate::{
    as_of::AsOf,
    envelope::{Answer, Envelope, ListForm},
    page_cursor::{Page, scope},
    parameters::{AddressPath, StakerQuery, StakersQuery},
    problem::Problem,
    state::Api,
    view::{ListedStaker, PositionView, StakerView, positions},
};

/// Who has active stake
///
/// By address.
#[utoipa::path(get, path = "/stakers", tag = "stakers", operation_id = "list_stakers",
    params(StakersQuery),
    responses((status = 200, description = "A page of stakers", content((Envelope<Vec<ListedStaker>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_stakers(State(api): State<Api>, query: StakersQuery, form: ListForm) -> Result<Response, Problem> {
    let page = Page::open(scope(&["stakers"]), query.limit, query.cursor.as_deref())?;
    let mut snapshot = api.snapshot().await?;
    page.verify(&mut snapshot).await?;
    let as_of = AsOf::of(snapshot.cursor());
    let after: Option<Address> = page.after().map(|(_, staker)| staker);
    let mut records = snapshot.stakers(after, page.fetch()).await?;
    let next = page.cut(&as_of, &mut records, |last| (0, last.staker));
    let views = records.iter().map(ListedStaker::from).collect();
    form.list::<ListedStaker>(query.format, Answer::new(&as_of, views).page(page.limit, next))
}

/// What a staker has
///
/// Sums over all its positions, and a page of these, largest first. An address that never staked has nothing: zeros and an empty
/// list, not 404. As CSV it is the page of positions alone.
#[utoipa::path(get, path = "/stakers/{address}", tag = "stakers", operation_id = "get_staker",
    params(StakerQuery),
    responses((status = 200, description = "Sums and positions", content((Envelope<StakerView> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn get_staker(
    State(api): State<Api>,
    AddressPath(address): AddressPath,
    query: StakerQuery,
    form: ListForm,
) -> Result<Response, Problem> {
    let at = query.at;
    let page = Page::open(scope(&["staker", &format!("{address}{at:?}")]), query.limit, query.cursor.as_deref())?;
    let (mut snapshot, as_of) = at.open(&api).await?;
    page.verify(&mut snapshot).await?;
    let record = snapshot.staker(&address).await?;
    let mut held = snapshot.holdings(&address, page.after(), page.fetch()).await?;
    let next = page.cut(&as_of, &mut held, |(last, _)| (last.shares, last.node));
    let listed: Vec<_> = held.iter().map(|(position, _)| (position.node, position.staker)).collect();
    let tickets = if listed.is_empty() { Vec::new() } else { snapshot.tickets_of(&listed).await? };
    let stakes = if record.nodes == 0 { Vec::new() } else { snapshot.active_stakes(&address).await? };
    let rewards = api.statistics.rewards(&mut snapshot, &as_of).await?;
    let held: Vec<_> = held.iter().map(|(position, node)| (position.clone(), node)).collect();
    let positions = positions(&held, &tickets, &as_of);
    let view = StakerView::new(&record, &stakes, &rewards, positions);
    form.list_within::<PositionView, _>(query.format, Answer::new(&as_of, view).page(page.limit, next), "positions")
}
