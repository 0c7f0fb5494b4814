//! One node's next step, and what is shown when it fails.

use std::time::Duration;

use linkpool_chainlink::client::{Error as ApiError, NodeClient, NodeConfig, WalletError};
use linkpool_db::fleet::{FleetNode, Phase, Replica, ReplicaState, StepFailure};

use super::{proof, retry_in, wallet};
use crate::{Error, Result, context::Context, credentials};

/// Shortest time between two looks at something that is under way.
const LEAST_WAIT: Duration = Duration::from_millis(500);

/// What a task has done.
#[derive(Debug)]
pub(super) enum Outcome {
    Stepped,
    /// The known node shows the wallet that is stored, at this address.
    Verified {
        base_url: String,
    },
    /// The known node did not show its wallet.
    Unseen,
}

/// Why a node did not get its step: a sentence about the node, or a failure of our own.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The node's fault or state. Shown on it, tried again later.
    Node(String),
    /// Something is under way, which is no failure. Shown on the node, looked at again soon.
    Waiting(String),
    /// A person must look at the node.
    Quarantine(String),
    Ours(Error),
}

impl<E: Into<Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        match error.into() {
            error @ Error::NoTokenYet { reason: None, .. } => Self::Waiting(error.to_string()),
            error @ (Error::Credentials { .. } | Error::SealedLogin { .. } | Error::NoTokenYet { .. }) => {
                Self::Node(error.to_string())
            }
            error => Self::Ours(error),
        }
    }
}

impl Trouble {
    pub fn api(error: &ApiError) -> Self {
        Self::Node(error.to_string())
    }

    pub fn wallet(error: &WalletError) -> Self {
        Self::Node(error.to_string())
    }
}

/// Takes the node as far as it gets: its wallet, then its proof.
pub(super) async fn step(context: Context, mut node: FleetNode) -> Result<Outcome> {
    let mut outcome = Ok(());
    if node.phase == Phase::Healthy {
        outcome = wallet::find(&context, &mut node).await;
    }
    if outcome.is_ok() && node.phase == Phase::WalletKnown {
        outcome = proof::obtain(&context, &node).await;
    }
    match outcome {
        Ok(()) => Ok(Outcome::Stepped),
        Err(Trouble::Ours(error)) => {
            // Shown, because the operator sees the node and not this process; it is the chain's or the database's trouble.
            if error.is_transient() {
                record_failure(&context, &node, &error.to_string()).await?;
            }
            Err(error)
        }
        Err(Trouble::Node(sentence)) => record_failure(&context, &node, &sentence).await.map(|()| Outcome::Stepped),
        Err(Trouble::Waiting(sentence)) => {
            let retry_in = context.config.transactions.poll_interval.max(LEAST_WAIT);
            let failure = StepFailure { node_id: &node.id, phase: node.phase, error: &sentence, retry_in };
            Ok(context.database.record_waiting(failure).await.map(|()| Outcome::Stepped)?)
        }
        Err(Trouble::Quarantine(why)) => {
            tracing::error!(node = node.id, why, "a node is quarantined");
            context.database.quarantine_node(&node.id, &why).await?;
            Ok(Outcome::Stepped)
        }
    }
}

async fn record_failure(context: &Context, node: &FleetNode, sentence: &str) -> Result<()> {
    let failure = StepFailure { node_id: &node.id, phase: node.phase, error: sentence, retry_in: retry_in(node) };
    Ok(context.database.record_failure(failure).await?)
}

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
