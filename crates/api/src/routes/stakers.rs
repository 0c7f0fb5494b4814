//! `GET /stakers/{address}`

use axum::extract::{Path, RawQuery, State};

use crate::{
    at::At,
    envelope::{Answer, Envelope},
    parameters::{Parameters, path_address},
    problem::Problem,
    state::{Api, deployment},
    view::StakerView,
};

/// What a staker has
///
/// An address that never staked has nothing: zeros and an empty list, not 404.
#[utoipa::path(get, path = "/stakers/{address}", tag = "stakers", operation_id = "get_staker",
    params(
        ("address" = String, Path, description = "Any address", example = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        ("at" = Option<String>, Query, description = "A block number, head, safe or finalized", example = "head"),
    ),
    responses((status = 200, description = "Sums and positions", body = Envelope<StakerView>)))]
pub(crate) async fn get_staker(
    State(api): State<Api>,
    Path(address): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Answer<StakerView>, Problem> {
    let address = path_address(&address)?;
    let mut parameters = Parameters::read(query.as_deref(), &["at"]);
    let at = At::of(&mut parameters);
    parameters.finish()?;
    let (mut snapshot, moment) = at.open(&api).await?;
    let unbonding = deployment(&mut snapshot).await?.unbonding_seconds;
    let records = snapshot.positions_of(&address).await?;
    let tickets = snapshot.tickets_of(&address).await?;
    Ok(Answer::new(&moment, StakerView::new(address, &records, &tickets, &moment, unbonding)))
}
