//! Whether a known node still has its wallet: asked whenever another replica serves it or it was away, and now and then.

use linkpool_db::fleet::Replica;
use linkpool_primitives::Address;
use tokio::time::sleep;

use super::{clients::replica_client, node::Outcome, trouble::Trouble, wallet::changed};
use crate::{Result, context::Context};

/// Compares the wallet that the replica shows with the stored one. Another one must be shown twice before it counts.
pub(super) async fn verify(context: Context, replica: Replica) -> Result<Outcome> {
    match compare(&context, &replica).await {
        Ok(()) => {}
        // A node that does not answer is the fleet's business; the wallet is asked for again at the next tick.
        Err(Trouble::Node(reason) | Trouble::Waiting(reason)) => {
            tracing::debug!(node = replica.node_id, reason, "a known node's wallet could not be read");
            return Ok(Outcome::Unseen);
        }
        Err(Trouble::Quarantine(why)) => {
            tracing::error!(node = replica.node_id, why, "a node is quarantined");
            context.database.quarantine_node(&replica.node_id, &why).await?;
        }
        Err(Trouble::Ours(error)) => return Err(error),
    }
    Ok(Outcome::Verified { base_url: replica.base_url.unwrap_or_default() })
}

async fn compare(context: &Context, replica: &Replica) -> Result<(), Trouble> {
    let Some(known) = context.database.fleet_node(&replica.node_id).await?.and_then(|node| node.wallet) else { return Ok(()) };
    if show(context, replica).await? == known {
        return Ok(());
    }
    sleep(context.config.wallet_reread).await;
    let shown = show(context, replica).await?;
    if shown == known { Ok(()) } else { Err(changed(known, shown)) }
}

async fn show(context: &Context, replica: &Replica) -> Result<Address, Trouble> {
    let client = replica_client(context, replica).await?;
    client.wallet(context.account.chain_id).await.map_err(|error| Trouble::wallet(&error))
}
