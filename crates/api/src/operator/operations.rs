//! An operator's earlier call.

use axum::{
    Json,
    extract::{Path, State},
};
use linkpool_db::fleet::Operation;
use uuid::Uuid;

use super::{
    shared::Operator,
    types::{Envelope, OperationView},
};
use crate::problem::{NOT_FOUND, Problem};

/// `GET /operations/{id}`
pub(super) async fn show(
    State(operator): State<Operator>,
    Path(id): Path<String>,
) -> Result<Json<Envelope<OperationView>>, Problem> {
    Ok(Envelope::json(OperationView::new(&find(&operator, &id).await?, None)))
}

/// The operation of this id.
pub(super) async fn find(operator: &Operator, id: &str) -> Result<Operation, Problem> {
    let missing = || Problem::new(&NOT_FOUND, "there is no operation of this id");
    let id: Uuid = id.parse().map_err(|_| missing())?;
    operator.database.operation(id).await?.ok_or_else(missing)
}
