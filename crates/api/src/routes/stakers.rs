//! `GET /stakers/{address}`

use axum::extract::State;

use crate::{
    as_of::deployment,
    envelope::{Answer, Envelope},
    parameters::{AddressPath, StakerQuery},
    problem::Problem,
    state::Api,
    view::{MAX_POSITIONS, StakerView},
};

/// What a staker has
///
/// An address that never staked has nothing: zeros and an empty list, not 404.
#[utoipa::path(get, path = "/stakers/{address}", tag = "stakers", operation_id = "get_staker",
    params(StakerQuery),
    responses((status = 200, description = "Sums and positions", body = Envelope<StakerView>)))]
pub(crate) async fn get_staker(
    State(api): State<Api>,
    AddressPath(address): AddressPath,
    query: StakerQuery,
) -> Result<Answer<StakerView>, Problem> {
    let (mut snapshot, as_of) = query.at.open(&api).await?;
    let unbonding_seconds = deployment(&mut snapshot).await?.unbonding_seconds;
    let records = snapshot.positions_of_staker(&address).await?;
    let listed: Vec<_> = records.iter().take(MAX_POSITIONS).map(|(position, _)| (position.node, position.staker)).collect();
    let tickets = snapshot.tickets_of(&listed).await?;
    let unbonding = snapshot.unbonding_of_staker(&address).await?;
    Ok(Answer::new(&as_of, StakerView::new(address, &records, &tickets, unbonding, &as_of, unbonding_seconds)))
}
