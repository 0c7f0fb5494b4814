//! `GET /pool`

use axum::extract::{RawQuery, State};

use crate::{
    as_of::pool,
    at::At,
    envelope::{Answer, Envelope},
    parameters::{Parameters, PoolParameters},
    problem::Problem,
    state::Api,
    view::PoolView,
};

/// The pool as a whole
#[utoipa::path(get, path = "/pool", tag = "pool", operation_id = "get_pool",
    params(PoolParameters),
    responses((status = 200, description = "Totals, capacity and reward rate", body = Envelope<PoolView>)))]
pub(crate) async fn get_pool(State(api): State<Api>, RawQuery(query): RawQuery) -> Result<Answer<PoolView>, Problem> {
    let parameters = Parameters::read(query.as_deref(), PoolParameters::ALL);
    let at = At::of(&parameters);
    parameters.finish()?;
    let (mut snapshot, as_of) = at.open(&api).await?;
    let pool = pool(&mut snapshot).await?;
    let nodes = snapshot.node_states().await?;
    let statistics = api.statistics.pool(&mut snapshot, &nodes, &as_of).await?;
    Ok(Answer::new(&as_of, PoolView::new(&pool, &nodes, &statistics, &as_of)))
}
