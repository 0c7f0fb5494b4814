//! One node's next step, and what is shown when it fails.

use std::time::Duration;

use linkpool_db::fleet::{FleetNode, Phase, StepFailure};

use super::{proof, trouble::Trouble, wallet};
use crate::{Result, context::Context};

/// Shortest time between two looks at something that is under way.
const LEAST_WAITING_TIME: Duration = Duration::from_millis(500);

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

/// Takes the node as far as it gets: its wallet, then its proof.
pub(super) async fn step(context: Context, mut node: FleetNode) -> Result<Outcome> {
    let mut outcome = Ok(());
    if node.phase == Phase::Healthy {
        outcome = wallet::find(&context, &mut node).await;
    }
    if outcome.is_ok() && node.phase == Phase::WalletKnown {
        outcome = kept(&context, &node).await;
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
            let retry_in = context.config.transactions.poll_interval.max(LEAST_WAITING_TIME);
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

/// The node's database is the only copy of its wallet: before it is kept, nothing is sent there.
async fn kept(context: &Context, node: &FleetNode) -> Result<(), Trouble> {
    let Some(why) = context.database.waits_to_be_kept(&node.id).await? else { return Ok(()) };
    let why = why.map(|why| format!("; that did not succeed yet: {why}")).unwrap_or_default();
    Err(Trouble::Waiting(format!("the fleet keeps its database first, before its wallet is funded{why}")))
}

async fn record_failure(context: &Context, node: &FleetNode, sentence: &str) -> Result<()> {
    let failure = StepFailure { node_id: &node.id, phase: node.phase, error: sentence, retry_in: retry_in(node) };
    Ok(context.database.record_failure(failure).await?)
}

/// How long a step that failed so often in a row waits: 1, 2, 4 ... 60 seconds.
fn retry_in(node: &FleetNode) -> Duration {
    Duration::from_secs(60.min(1 << node.attempts.min(6)))
}
