//! The newest comparison of the nodes here with those of the contract.

use axum::{Json, extract::State};

use super::{
    shared::Operator,
    types::{AuditView, Envelope},
};
use crate::problem::{NOT_FOUND, Problem};

/// `GET /audit`
pub(super) async fn show(State(operator): State<Operator>) -> Result<Json<Envelope<AuditView>>, Problem> {
    let audit = operator.database.last_audit().await?;
    let audit =
        audit.ok_or_else(|| Problem::new(&NOT_FOUND, "no audit has run yet; `linkpool registrar` runs one every few minutes"))?;
    Ok(Envelope::json(AuditView::from(audit)))
}
