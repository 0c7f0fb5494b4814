//! `GET /stakers` and `GET /stakers/{address}`

use axum::response::Response;
use linkpool_db::read::{NodeState, PositionRecord};
use linkpool_primitives::Address;

use crate::{
    as_of::AsOf,
    at::At,
    envelope::{Answer, Envelope, ListForm},
    page_cursor::{Page, scope},
    parameters::{AddressPath, StakerQuery, StakersQuery},
    problem::Problem,
    reading::Reading,
    staker_sums::sums,
    view::{ListedStaker, PositionView, StakerView, positions},
};

/// Who has active stake
///
/// By address.
#[utoipa::path(get, path = "/stakers", tag = "stakers", operation_id = "list_stakers",
    params(StakersQuery),
    responses((status = 200, description = "A page of stakers", content((Envelope<Vec<ListedStaker>> = "application/json"), (String = "text/csv")))))]
pub(crate) async fn list_stakers(reading: Reading, query: StakersQuery, form: ListForm) -> Result<Response, Problem> {
    let page = Page::open(scope(&["stakers"]), query.limit, query.cursor.as_deref())?;
    let mut snapshot = reading.snapshot().await?;
    page.verify(&mut snapshot).await?;
    let as_of = AsOf::of(snapshot.cursor());
    let after: Option<Address> = page.after().map(|(_, staker)| staker);
    let stored = snapshot.stored_stakers(after, page.fetch()).await?;
    let present = reading.present(&mut snapshot, &as_of).await?;
    let mut records: Vec<_> = stored.iter().map(|(staker, stored)| sums(*staker, stored, &present, &as_of)).collect();
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
    reading: Reading,
    AddressPath(address): AddressPath,
    query: StakerQuery,
    form: ListForm,
) -> Result<Response, Problem> {
    let at = query.at;
    let page = Page::open(scope(&["staker", &format!("{address}{at:?}")]), query.limit, query.cursor.as_deref())?;
    let (mut snapshot, as_of) = at.open(&reading).await?;
    page.verify(&mut snapshot).await?;
    let record = match at {
        At::Head => {
            let stored = snapshot.stored_staker(&address).await?;
            let present = reading.present(&mut snapshot, &as_of).await?;
            sums(address, &stored, &present, &as_of)
        }
        _ => snapshot.staker(&address).await?,
    };
    let mut held = snapshot.holdings(&address, page.after(), page.fetch()).await?;
    let next = page.cut(&as_of, &mut held, |(last, _)| (last.shares, last.node));
    let listed: Vec<_> = held.iter().map(|(position, _)| (position.node, position.staker)).collect();
    let tickets = if listed.is_empty() { Vec::new() } else { snapshot.tickets_of(&listed).await? };
    // The first page of one is all of them.
    let stakes = match page.after().is_none() && next.is_none() {
        true => held.iter().filter(|(position, _)| position.shares > 0).map(active).collect(),
        false => snapshot.active_stakes(&address).await?,
    };
    let rewards = reading.api.statistics.rewards(&mut snapshot, &as_of).await?;
    let held: Vec<_> = held.iter().map(|(position, node)| (position.clone(), node)).collect();
    let positions = positions(&held, &tickets, &as_of);
    let view = StakerView::new(&record, &stakes, &rewards, positions);
    form.list_within::<PositionView, _>(query.format, Answer::new(&as_of, view).page(page.limit, next), "positions")
}

fn active((position, node): &(PositionRecord, NodeState)) -> (NodeState, u128) {
    (node.clone(), linkpool_accounting::paid_down(position.shares, node.total_shares, node.assets))
}
