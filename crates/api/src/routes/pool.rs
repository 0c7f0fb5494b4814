//! `GET /pool`

use axum::extract::State;

use crate::{
    as_of::pool,
    envelope::{Answer, Envelope},
    parameters::PoolQuery,
    problem::Problem,
    state::Api,
    view::PoolView,
};

/// The pool as a whole
#[utoipa::path(get, path = "/pool", tag = "pool", operation_id = "get_pool",
    params(PoolQuery),
    responses((status = 200, description = "Totals, capacity and reward rate", body = Envelope<PoolView>)))]
pub(crate) async fn get_pool(State(api): State<Api>, query: PoolQuery) -> Result<Answer<PoolView>, Problem> {
    let (mut snapshot, as_of) = query.at.open(&api).await?;
    let pool = pool(&mut snapshot).await?;
    let nodes = snapshot.node_states().await?;
    let statistics = api.statistics.pool(&mut snapshot, &nodes, &as_of).await?;
    Ok(Answer::new(&as_of, PoolView::new(&pool, &nodes, &statistics, &as_of)))
}
