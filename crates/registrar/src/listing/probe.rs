//! One look at a node that somebody else runs: what the fleet does for its own.

use std::path::Path;

use linkpool_chainlink::client::{FailingCheck, Health, NodeClient, NodeConfig};
use linkpool_db::fleet::{PairHealth, Phase, Replica, ReplicaState};
use serde_json::json;
use tokio::task::JoinSet;

use super::address::NodeAddress;
use crate::{Result, context::Context, credentials};

/// Longest explanation that is stored, in characters.
const MAX_DETAIL: usize = 300;

/// What is seen at one address.
type Sight = (ReplicaState, Option<String>);

/// Asks each of the node's addresses whether it is ready and stores the answers, as the sight of its replicas.
pub(super) async fn look(context: Context, node_id: String, address: NodeAddress) -> Result<()> {
    // All at once: one that hangs costs its time-out once.
    let mut looks = JoinSet::new();
    for (at, url) in address.urls.iter().enumerate() {
        let client = client(&context, &address, url);
        looks.spawn(async move {
            let sight = match client {
                Ok(client) => ask(&client).await,
                Err(reason) => (ReplicaState::Stopped, Some(reason)),
            };
            (at, sight)
        });
    }
    let unseen = || (ReplicaState::Stopped, Some("it could not be looked at".to_owned()));
    let mut sights: Vec<Sight> = address.urls.iter().map(|_| unseen()).collect();
    while let Some(ended) = looks.join_next().await {
        match ended {
            Ok((at, sight)) => sights[at] = sight,
            Err(error) => tracing::error!(%error, "a look at a listed node panicked"),
        }
    }
    let replicas: Vec<Replica> =
        sights.into_iter().enumerate().map(|(at, sight)| replica(&node_id, at, &address, sight)).collect();
    store(&context, &node_id, &replicas).await
}

fn client(context: &Context, address: &NodeAddress, url: &str) -> Result<NodeClient, String> {
    // Not repeated: somebody may have put a password into it.
    let not_a_url = || "its address is not a URL: write http://host:port".to_owned();
    if url.contains(char::is_control) {
        return Err(not_a_url());
    }
    let base_url = url.parse().map_err(|_| not_a_url())?;
    let credentials = credentials::read(Path::new(&address.credentials_file)).map_err(|error| error.to_string())?;
    NodeClient::new(&context.transport, NodeConfig { base_url, credentials }).map_err(|error| error.to_string())
}

async fn ask(client: &NodeClient) -> Sight {
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

/// The row of one address of a listed node. Where nobody answers, there is no way to it.
fn replica(node_id: &str, at: usize, address: &NodeAddress, (state, detail): Sight) -> Replica {
    let reached = !matches!(state, ReplicaState::Stopped | ReplicaState::Waiting);
    let file = |path: &std::path::PathBuf| path.display().to_string();
    Replica {
        replica_id: at.to_string(),
        state,
        base_url: reached.then(|| address.urls[at].clone()),
        credentials_file: reached.then(|| file(&address.credentials_file)),
        admin_credentials_file: address.admin_credentials_file.as_ref().filter(|_| reached).map(file),
        ..unlisted(node_id, detail.unwrap_or_default())
    }
}

/// The row of a node that nobody lists any more, and why not.
pub(super) fn unlisted(node_id: &str, detail: String) -> Replica {
    Replica {
        node_id: node_id.to_owned(),
        generation: 1,
        replica_id: "0".into(),
        state: ReplicaState::Stopped,
        base_url: None,
        credentials_file: None,
        admin_credentials_file: None,
        starts: 0,
        detail: (!detail.is_empty()).then(|| printable(&detail)),
        // Set by the database's clock when it is stored.
        seen_at: chrono::DateTime::UNIX_EPOCH,
        location: None,
    }
}

/// Stores the sight, the health that follows from it, and the first step of a node that serves.
pub(super) async fn store(context: &Context, node_id: &str, replicas: &[Replica]) -> Result<()> {
    let health = health(replicas);
    context.database.set_replicas(replicas).await?;
    context.database.set_health(node_id, health).await?;
    if health != PairHealth::Down {
        context.database.advance_node(node_id, &[Phase::Requested], Phase::Healthy, &json!({})).await?;
    }
    Ok(())
}

/// Whichever serves does. Whether one that does not listen waits or is dead can't be seen from here.
fn health(replicas: &[Replica]) -> PairHealth {
    let is = |state: ReplicaState| replicas.iter().any(|replica| replica.state == state);
    match (is(ReplicaState::Serving), is(ReplicaState::Failing) || is(ReplicaState::Stopped)) {
        (false, _) => PairHealth::Down,
        (true, true) => PairHealth::Degraded,
        (true, false) => PairHealth::Healthy,
    }
}
