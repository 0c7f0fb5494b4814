//! The newest comparison of the nodes here with those of the contract.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use linkpool_db::fleet::Finding;
use linkpool_primitives::checksum;
use serde::Serialize;

use super::{shared::Operator, view::Envelope};
use crate::problem::{NOT_FOUND, Problem};

#[derive(Debug, Serialize)]
pub(super) struct AuditView {
    audited_at: DateTime<Utc>,
    block_number: u64,
    block_hash: String,
    nodes_on_chain: u32,
    nodes_known: u32,
    findings: Vec<FindingView>,
}

#[derive(Debug, Serialize)]
struct FindingView {
    kind: String,
    wallet: String,
    node_id: Option<String>,
    sentence: String,
}

/// `GET /audit`
pub(super) async fn show(State(operator): State<Operator>) -> Result<Json<Envelope<AuditView>>, Problem> {
    let audit = operator.database.last_audit().await?;
    let audit =
        audit.ok_or_else(|| Problem::new(&NOT_FOUND, "no audit has run yet; `linkpool registrar` runs one every few minutes"))?;
    Ok(Envelope::json(AuditView {
        audited_at: audit.audited_at,
        block_number: audit.block_number,
        block_hash: audit.block_hash.to_string(),
        nodes_on_chain: audit.nodes_on_chain,
        nodes_known: audit.nodes_known,
        findings: audit.findings.into_iter().map(view).collect(),
    }))
}

fn view(finding: Finding) -> FindingView {
    FindingView { kind: finding.kind, wallet: checksum(&finding.wallet), node_id: finding.node_id, sentence: finding.sentence }
}
