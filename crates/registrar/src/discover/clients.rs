//! Clients of a node's replicas.

use linkpool_chainlink::client::{NodeClient, NodeConfig};
use linkpool_db::fleet::{FleetNode, Replica, ReplicaState};

use super::trouble::Trouble;
use crate::{context::Context, credentials};

/// A client of the replica that serves the node.
pub(super) async fn client(context: &Context, node: &FleetNode) -> Result<NodeClient, Trouble> {
    clients(context, node).await?.pop().ok_or_else(nobody_serves)
}

/// One of each replica that serves the node: of a node that somebody else runs, one for each address that is listed.
pub(super) async fn clients(context: &Context, node: &FleetNode) -> Result<Vec<NodeClient>, Trouble> {
    let mut clients = Vec::new();
    for replica in serving(context, node).await? {
        clients.push(replica_client(context, &replica).await?);
    }
    Ok(clients)
}

/// A client of the replica that serves the node, for its admin where one is named.
pub(super) async fn admin_client(context: &Context, node: &FleetNode) -> Result<NodeClient, Trouble> {
    let replica = serving(context, node).await?.pop().ok_or_else(nobody_serves)?;
    let file = replica.admin_credentials_file.clone().or(replica.credentials_file);
    replica_client(context, &Replica { credentials_file: file, ..replica }).await
}

async fn serving(context: &Context, node: &FleetNode) -> Result<Vec<Replica>, Trouble> {
    let serves = |replica: &Replica| replica.state == ReplicaState::Serving && replica.generation == node.generation;
    let mut replicas = context.database.replicas_of(&node.id).await?;
    replicas.retain(serves);
    Ok(replicas)
}

pub(super) fn nobody_serves() -> Trouble {
    Trouble::Node("no replica of the node serves at the moment".into())
}

/// A client of one replica that listens.
pub(super) async fn replica_client(context: &Context, replica: &Replica) -> Result<NodeClient, Trouble> {
    let unknown = || Trouble::Node("the node's API address is not known".into());
    let base_url = replica.base_url.as_ref().ok_or_else(unknown)?;
    let base_url = base_url.parse().map_err(|_| Trouble::Node(format!("the node's API address `{base_url}` is not a URL")))?;
    let credentials = credentials::of_replica(&context.database, context.config.seal_key.as_ref(), replica).await?;
    NodeClient::new(&context.transport, NodeConfig { base_url, credentials }).map_err(|error| Trouble::api(&error))
}
