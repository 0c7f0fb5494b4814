//! One look at a node that somebody else runs: what the fleet does for its own.

use std::path::Path;

use linkpool_chainlink::client::{FailingCheck, Health, NodeClient, NodeConfig};
use linkpool_db::fleet::{PairHealth, Phase, Replica, ReplicaState};
use serde_json::json;

use super::NodeAddress;
use crate::{Result, context::Context, credentials};

/// Longest explanation that is stored, in characters.
const MAX_DETAIL: usize = 300;

/// Asks the node whether it is ready and stores the answer, as the sight of its only replica.
pub(super) async fn look(context: Context, node_id: String, address: NodeAddress) -> Result<()> {
    let (state, detail) = match client(&context, &address) {
        Ok(client) => ask(&client).await,
        Err(reason) => (ReplicaState::Stopped, Some(reason)),
    };
    let file = address.credentials_file.display().to_string();
    let reached = !matches!(state, ReplicaState::Stopped | ReplicaState::Waiting);
    let replica = replica(&node_id, state, reached.then_some((address.url, file)), detail);
    store(&context, &node_id, replica).await
}

fn client(context: &Context, address: &NodeAddress) -> Result<NodeClient, String> {
    // Not repeated: somebody may have put a password into it.
    let not_a_url = || "its address is not a URL: write http://host:port".to_owned();
    if address.url.contains(char::is_control) {
        return Err(not_a_url());
    }
    let base_url = address.url.parse().map_err(|_| not_a_url())?;
    let credentials = credentials::read(Path::new(&address.credentials_file)).map_err(|error| error.to_string())?;
    NodeClient::new(&context.transport, NodeConfig { base_url, credentials }).map_err(|error| error.to_string())
}

async fn ask(client: &NodeClient) -> (ReplicaState, Option<String>) {
    match client.ready().await {
        Ok(true) => return (ReplicaState::Serving, None),
        Ok(false) => {}
        Err(error) => return (ReplicaState::Failing, Some(error.to_string())),
    }
    match client.health().await {
        Ok(Health::Passing) => (ReplicaState::Starting, Some("healthy, and not ready yet".into())),
        Ok(Health::Migrating) => (ReplicaState::Starting, Some("its database is being migrated".into())),
        Ok(Health::NotListening) => (ReplicaState::Waiting, Some(format!("nobody listens at {}", client.peer()))),
        Ok(Health::Degraded(checks) | Health::Failing(checks)) => (ReplicaState::Failing, Some(named(&checks))),
        Err(error) => (ReplicaState::Failing, Some(error.to_string())),
    }
}

fn named(checks: &[FailingCheck]) -> String {
    if checks.is_empty() {
        return "it answers as not ready".into();
    }
    let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    format!("failing checks: {}", names.join(", "))
}

/// One short line of what somebody else may have written: a database takes no NUL, and a terminal obeys control characters.
pub(super) fn printable(text: &str) -> String {
    text.chars().take(MAX_DETAIL).map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// The row of a listed node's only replica. `reached`: its address and the file with the login.
pub(super) fn replica(node_id: &str, state: ReplicaState, reached: Option<(String, String)>, detail: Option<String>) -> Replica {
    let (base_url, credentials_file) = reached.unzip();
    Replica {
        node_id: node_id.to_owned(),
        generation: 1,
        replica_id: "0".into(),
        state,
        base_url,
        credentials_file,
        starts: 0,
        detail: detail.as_deref().map(printable),
        // Set by the database's clock when it is stored.
        seen_at: chrono::DateTime::UNIX_EPOCH,
        location: None,
    }
}

/// Stores the sight, the health that follows from it, and the first step of a node that serves.
pub(super) async fn store(context: &Context, node_id: &str, replica: Replica) -> Result<()> {
    let serves = replica.state == ReplicaState::Serving;
    context.database.set_replicas(&[replica]).await?;
    context.database.set_health(node_id, if serves { PairHealth::Healthy } else { PairHealth::Down }).await?;
    if serves {
        context.database.advance_node(node_id, &[Phase::Requested], Phase::Healthy, &json!({})).await?;
    }
    Ok(())
}
