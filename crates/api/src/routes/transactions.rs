//! `GET /transactions/{hash}`

use axum::extract::{Path, RawQuery, State};
use linkpool_primitives::B256;

use crate::{
    envelope::{Answer, Envelope},
    parameters::Parameters,
    problem::Problem,
    state::{Api, Moment},
    view::TransactionView,
};

/// What a transaction did in this pool
///
/// A transaction that is not indexed is `unknown`, not 404: it may come with the next block.
#[utoipa::path(get, path = "/transactions/{hash}", tag = "events", operation_id = "get_transaction",
    params(("hash" = String, Path, description = "The transaction's hash", example = "0x9b83c12c69edb74f6c8dd5d052765c1adf940e320bd1291696e6fa07829eee71")),
    responses((status = 200, description = "Its state and events", body = Envelope<TransactionView>)))]
pub(crate) async fn get_transaction(
    State(api): State<Api>,
    Path(hash): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Answer<TransactionView>, Problem> {
    Parameters::none(query.as_deref())?;
    let hash = parse(&hash).ok_or_else(|| Problem::invalid_field("hash", "must be 0x and 64 hexadecimal digits"))?;
    let mut snapshot = api.snapshot().await?;
    let moment = Moment::of(snapshot.cursor());
    let records = snapshot.events_of_transaction(&hash).await?;
    Ok(Answer::new(&moment, TransactionView::new(hash, records, &moment)))
}

fn parse(text: &str) -> Option<B256> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x")?, &mut bytes).ok()?;
    Some(bytes.into())
}
