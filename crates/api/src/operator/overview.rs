//! `GET /overview`: everything that an operator watches, in one answer.

use std::collections::HashMap;

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use linkpool_db::fleet::Replica;
use serde::{Deserialize, Serialize};

use super::{
    rollout_types::RolloutView,
    rollouts,
    scale_types::ScaleView,
    scaling,
    shared::Operator,
    transaction_types::TransactionSummary,
    transactions,
    types::{Envelope, NodeSummary, ReplicaView},
};
use crate::problem::Problem;

/// The fleet at a glance.
#[derive(Debug, Serialize, Deserialize)]
pub struct Overview {
    /// By the clock that all other times here are of.
    pub read_at: DateTime<Utc>,
    pub nodes: Vec<NodeWithPair>,
    /// The newest roll-out; null before the first.
    pub rollout: Option<RolloutView>,
    pub scale: ScaleView,
    /// Those under way, and the newest.
    pub transactions: Vec<TransactionSummary>,
}

/// A node with what was last seen of each of its replicas.
#[derive(Debug, Serialize, Deserialize)]
pub struct NodeWithPair {
    #[serde(flatten)]
    pub summary: NodeSummary,
    pub generation: u32,
    pub replicas: Vec<ReplicaView>,
}

pub(super) async fn show(State(operator): State<Operator>) -> Result<Json<Envelope<Overview>>, Problem> {
    let database = &operator.database;
    let (read_at, nodes) = (database.clock().await?, database.fleet_nodes().await?);
    let statuses = database.contract_statuses().await?;
    let mut replicas: HashMap<String, Vec<Replica>> = HashMap::new();
    for replica in database.replicas().await? {
        replicas.entry(replica.node_id.clone()).or_default().push(replica);
    }
    let nodes = nodes.iter().map(|node| NodeWithPair {
        summary: NodeSummary::with_contract(node, &statuses),
        generation: node.generation,
        replicas: replicas.remove(&node.id).unwrap_or_default().iter().map(ReplicaView::from).collect(),
    });
    Ok(Envelope::json(Overview {
        read_at,
        nodes: nodes.collect(),
        rollout: rollouts::newest(&operator).await?,
        scale: scaling::standing(&operator).await?,
        transactions: transactions::newest(&operator).await?,
    }))
}
