//! The database's rows as an operator sees them.

use std::collections::HashMap;

use axum::Json;
use linkpool_db::fleet::{Audit, Finding, FleetEvent, FleetNode, Operation, Replica};
use linkpool_primitives::{Address, NodeStatus, checksum};

use super::{
    types::{AuditView, Envelope, EventView, FindingView, NodeDetail, NodeSummary, OperationView, ReplicaView, Word},
    work_types::NodeWork,
};

impl<T> Envelope<T> {
    pub(super) fn json(data: T) -> Json<Self> {
        Json(Self { data })
    }
}

impl From<&FleetNode> for NodeSummary {
    fn from(node: &FleetNode) -> Self {
        Self {
            id: node.id.clone(),
            phase: Word(node.phase),
            phase_since: node.phase_since,
            is_final: node.is_final,
            health: Word(node.health),
            wallet: node.wallet.as_ref().map(checksum),
            operator: node.operator.as_ref().map(checksum),
            registered_block: node.registered_block,
            contract_status: None,
            source: Word(node.source),
            name: node.listed_name.clone(),
            proof_mode: Word(node.proof_mode),
            created_at: node.created_at,
            attempts: node.attempts,
            retry_at: node.retry_at,
            last_error: node.last_error.clone(),
            waiting_for: node.waiting_for.clone(),
            version: node.version.clone(),
            public_name: node.public_name.clone(),
            ending: node.ending.map(Word),
        }
    }
}

impl NodeSummary {
    /// With what the contract says about the wallet.
    pub(super) fn with_contract(node: &FleetNode, statuses: &HashMap<Address, NodeStatus>) -> Self {
        let contract_status = node.wallet.and_then(|wallet| statuses.get(&wallet)).copied().map(Word);
        Self { contract_status, ..Self::from(node) }
    }
}

impl NodeDetail {
    pub(super) fn new(
        node: &FleetNode,
        statuses: &HashMap<Address, NodeStatus>,
        replicas: &[Replica],
        events: &[FleetEvent],
        work: Option<NodeWork>,
    ) -> Self {
        Self {
            summary: NodeSummary::with_contract(node, statuses),
            operation_id: node.operation_id.to_string(),
            generation: node.generation,
            replicas: replicas.iter().map(ReplicaView::from).collect(),
            events: events.iter().map(EventView::from).collect(),
            work,
        }
    }
}

impl From<&Replica> for ReplicaView {
    fn from(replica: &Replica) -> Self {
        Self {
            generation: replica.generation,
            replica_id: replica.replica_id.clone(),
            state: Word(replica.state),
            base_url: replica.base_url.clone(),
            starts: replica.starts,
            detail: replica.detail.clone(),
            seen_at: replica.seen_at,
        }
    }
}

impl From<&FleetEvent> for EventView {
    fn from(event: &FleetEvent) -> Self {
        Self {
            node_id: event.node_id.clone(),
            number: event.number,
            happened_at: event.happened_at,
            kind: event.kind.clone(),
            detail: event.detail.clone(),
        }
    }
}

impl OperationView {
    pub(super) fn new(operation: &Operation, repeated: Option<bool>) -> Self {
        let nodes = operation.nodes.iter().map(NodeSummary::from).collect();
        Self { operation_id: operation.id.to_string(), repeated, nodes }
    }
}

impl From<Audit> for AuditView {
    fn from(audit: Audit) -> Self {
        Self {
            audited_at: audit.audited_at,
            block_number: audit.block_number,
            block_hash: audit.block_hash.to_string(),
            nodes_on_chain: audit.nodes_on_chain,
            nodes_known: audit.nodes_known,
            findings: audit.findings.into_iter().map(FindingView::from).collect(),
        }
    }
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        Self { kind: finding.kind, wallet: checksum(&finding.wallet), node_id: finding.node_id, sentence: finding.sentence }
    }
}
