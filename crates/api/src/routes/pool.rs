//! `GET /pool`

use axum::extract::{RawQuery, State};

use crate::{
    envelope::{Answer, Envelope},
    parameters::Parameters,
    problem::Problem,
    state::{Api, Moment, deployment, pool},
    view::PoolView,
};

/// The pool as a whole
#[utoipa::path(get, path = "/pool", tag = "pool", operation_id = "get_pool", responses((status = 200, description = "Totals, capacity and reward rate", body = Envelope<PoolView>)))]
pub(crate) async fn get_pool(State(api): State<Api>, RawQuery(query): RawQuery) -> Result<Answer<PoolView>, Problem> {
    Parameters::none(query.as_deref())?;
    let mut snapshot = api.snapshot().await?;
    let moment = Moment::of(snapshot.cursor());
    let (deployment, pool) = (deployment(&mut snapshot).await?, pool(&mut snapshot).await?);
    let nodes = snapshot.node_states().await?;
    let figures = api.figures.pool(&mut snapshot, &deployment, &nodes, &moment).await?;
    Ok(Answer::new(&moment, PoolView::new(&pool, &nodes, &figures, &moment)))
}
