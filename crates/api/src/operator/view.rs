//! Nodes, replicas and events as the operator sees them.

use std::collections::HashMap;

use axum::Json;
use chrono::{DateTime, Utc};
use linkpool_db::fleet::{FleetEvent, FleetNode, Operation, Replica};
use linkpool_primitives::{Address, NodeStatus, checksum};
use serde::Serialize;

/// The form of every answer, as in the public API.
#[derive(Debug, Serialize)]
pub(super) struct Envelope<T> {
    pub data: T,
}

impl<T> Envelope<T> {
    pub fn json(data: T) -> Json<Self> {
        Json(Self { data })
    }
}

/// One line of the list.
#[derive(Debug, Serialize)]
pub(super) struct NodeSummary {
    id: String,
    phase: &'static str,
    phase_since: DateTime<Utc>,
    is_final: bool,
    health: &'static str,
    wallet: Option<String>,
    registered_block: Option<u64>,
    /// What the contract says, as far as it is indexed.
    contract_status: Option<NodeStatus>,
    /// `fleet`, or who else lists it: `settings`, `directory`, `chain`.
    source: &'static str,
    name: Option<String>,
    proof_mode: &'static str,
    created_at: DateTime<Utc>,
    /// Failures in a row of the present step, and when it is tried again.
    attempts: u32,
    retry_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
}

impl NodeSummary {
    pub fn new(node: &FleetNode) -> Self {
        Self {
            id: node.id.clone(),
            phase: node.phase.as_str(),
            phase_since: node.phase_since,
            is_final: node.is_final,
            health: node.health.as_str(),
            wallet: node.wallet.as_ref().map(checksum),
            registered_block: node.registered_block,
            contract_status: None,
            source: node.source.as_str(),
            name: node.listed_name.clone(),
            proof_mode: node.proof_mode.as_str(),
            created_at: node.created_at,
            attempts: node.attempts,
            retry_at: node.retry_at,
            last_error: node.last_error.clone(),
        }
    }
}

impl NodeSummary {
    /// With what the contract says about the wallet.
    pub fn with_contract(node: &FleetNode, statuses: &HashMap<Address, NodeStatus>) -> Self {
        let contract_status = node.wallet.and_then(|wallet| statuses.get(&wallet)).copied();
        Self { contract_status, ..Self::new(node) }
    }
}

/// A node with everything that is known about it.
#[derive(Debug, Serialize)]
pub(super) struct NodeDetail {
    #[serde(flatten)]
    summary: NodeSummary,
    operation_id: String,
    generation: u32,
    replicas: Vec<ReplicaView>,
    events: Vec<EventView>,
}

impl NodeDetail {
    pub fn new(node: &FleetNode, statuses: &HashMap<Address, NodeStatus>, replicas: &[Replica], events: &[FleetEvent]) -> Self {
        Self {
            summary: NodeSummary::with_contract(node, statuses),
            operation_id: node.operation_id.to_string(),
            generation: node.generation,
            replicas: replicas.iter().map(ReplicaView::new).collect(),
            events: events.iter().map(EventView::new).collect(),
        }
    }
}

/// A replica. Where its login lies is nobody's business here.
#[derive(Debug, Serialize)]
pub(super) struct ReplicaView {
    generation: u32,
    ordinal: u16,
    state: &'static str,
    base_url: Option<String>,
    starts: u64,
    detail: Option<String>,
    seen_at: DateTime<Utc>,
}

impl ReplicaView {
    fn new(replica: &Replica) -> Self {
        Self {
            generation: replica.generation,
            ordinal: replica.ordinal,
            state: replica.state.as_str(),
            base_url: replica.base_url.clone(),
            starts: replica.starts,
            detail: replica.detail.clone(),
            seen_at: replica.seen_at,
        }
    }
}

/// One line of a node's history; the pair of node and number names it for ever.
#[derive(Debug, Serialize)]
pub(super) struct EventView {
    node_id: String,
    number: u32,
    happened_at: DateTime<Utc>,
    kind: String,
    detail: serde_json::Value,
}

impl EventView {
    pub fn new(event: &FleetEvent) -> Self {
        Self {
            node_id: event.node_id.clone(),
            number: event.number,
            happened_at: event.happened_at,
            kind: event.kind.clone(),
            detail: event.detail.clone(),
        }
    }
}

/// An operation with its nodes.
#[derive(Debug, Serialize)]
pub(super) struct OperationView {
    operation_id: String,
    /// Whether this call had been accepted before.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeated: Option<bool>,
    nodes: Vec<NodeSummary>,
}

impl OperationView {
    pub fn new(operation: &Operation, repeated: Option<bool>) -> Self {
        let nodes = operation.nodes.iter().map(NodeSummary::new).collect();
        Self { operation_id: operation.id.to_string(), repeated, nodes }
    }
}
