//! `GET /pool`

use axum::extract::{RawQuery, State};

use crate::{
    at::At,
    envelope::{Answer, Envelope},
    parameters::Parameters,
    problem::Problem,
    state::{Api, pool},
    view::PoolView,
};

/// The pool as a whole
#[utoipa::path(get, path = "/pool", tag = "pool", operation_id = "get_pool",
    params(("at" = Option<String>, Query, description = "A block number, head, safe or finalized", example = "head")),
    responses((status = 200, description = "Totals, capacity and reward rate", body = Envelope<PoolView>)))]
pub(crate) async fn get_pool(State(api): State<Api>, RawQuery(query): RawQuery) -> Result<Answer<PoolView>, Problem> {
    let mut parameters = Parameters::read(query.as_deref(), &["at"]);
    let at = At::of(&mut parameters);
    parameters.finish()?;
    let (mut snapshot, moment) = at.open(&api).await?;
    let pool = pool(&mut snapshot).await?;
    let nodes = snapshot.node_states().await?;
    let figures = api.figures.pool(&mut snapshot, &nodes, &moment).await?;
    Ok(Answer::new(&moment, PoolView::new(&pool, &nodes, &figures, &moment)))
}
