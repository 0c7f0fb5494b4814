//! `GET /transactions/{hash}`

use axum::extract::State;

use crate::{
    as_of::AsOf,
    envelope::{Answer, Envelope},
    parameters::{HashPath, TransactionQuery},
    problem::Problem,
    state::Api,
    view::TransactionView,
};

/// What a transaction did in this pool
///
/// A transaction that is not indexed is `unknown`, not 404: it may come with the next block.
#[utoipa::path(get, path = "/transactions/{hash}", tag = "events", operation_id = "get_transaction",
    params(TransactionQuery),
    responses((status = 200, description = "Its state and events", body = Envelope<TransactionView>)))]
pub(crate) async fn get_transaction(
    State(api): State<Api>,
    _: TransactionQuery,
    HashPath(hash): HashPath,
) -> Result<Answer<TransactionView>, Problem> {
    let mut snapshot = api.snapshot().await?;
    let as_of = AsOf::of(snapshot.cursor());
    let records = snapshot.events_of_transaction(&hash).await?;
    Ok(Answer::new(&as_of, TransactionView::new(hash, records, &as_of)))
}
