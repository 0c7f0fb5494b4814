//! Comparing nodes with the contract: its state decides, not a receipt.
//!
//! A node is open when the contract has it in a block that is deep enough **and** the indexer of this database shows it:
//! that is when people see it on the page and can stake on it. It is final when the finalized state has it.

use std::collections::HashSet;

use linkpool_chain::{Error as ChainError, Heads};
use linkpool_contracts::pool::nodeOfCall;
use linkpool_db::fleet::{FleetNode, Phase};
use linkpool_health::DeduplicatedLog;
use linkpool_primitives::{Address, B256, NodeStatus};

use crate::{Error, Result, context::Context};

/// Most nodes asked about in one pass; the others have their turn as these settle.
const MAX_NODES: usize = 100;

/// Looks at every node whose registration is under way or not final.
pub(crate) async fn reconcile(context: &Context, heads: &Heads, pruned: &mut DeduplicatedLog) -> Result<()> {
    let nodes = context.database.fleet_nodes_unsettled().await?;
    if nodes.is_empty() {
        return Ok(());
    }
    let (registering, open): (Vec<_>, Vec<_>) = nodes.iter().partition(|node| node.phase == Phase::Registering);
    open_registered(context, heads, &registering).await?;
    finish_open(context, heads, &open, pruned).await
}

async fn open_registered(context: &Context, heads: &Heads, nodes: &[&FleetNode]) -> Result<()> {
    if nodes.is_empty() {
        return Ok(());
    }
    let wallets: Vec<Address> = nodes.iter().filter_map(|node| node.wallet).collect();
    let indexed: HashSet<Address> = context.database.indexed_wallets(&wallets).await?.into_iter().collect();
    let number = heads.head.number.saturating_sub(context.config.confirmations.saturating_sub(1));
    let Some(block) = context.chain.header(number).await? else { return Ok(()) };
    for node in nodes.iter().take(MAX_NODES) {
        let Some(wallet) = node.wallet else { continue };
        if is_registered(context, wallet, block.block.hash).await? {
            if !context.config.require_indexed || indexed.contains(&wallet) {
                context.database.node_opened(&node.id, number).await?;
            }
        } else if number == heads.head.number || !is_registered(context, wallet, heads.head.hash).await? {
            // Does nothing where a transaction of ours is under way, or was mined after the block that was looked at.
            context.database.node_lost(&node.id, number, "the contract does not have the node any more").await?;
        }
    }
    Ok(())
}

async fn finish_open(context: &Context, heads: &Heads, nodes: &[&FleetNode], pruned: &mut DeduplicatedLog) -> Result<()> {
    let due: Vec<_> =
        nodes.iter().filter(|node| node.registered_block.is_some_and(|block| block <= heads.finalized)).take(MAX_NODES).collect();
    if due.is_empty() {
        return Ok(());
    }
    let Some(block) = context.chain.header(heads.finalized).await? else { return Ok(()) };
    for node in due {
        let Some(wallet) = node.wallet else { continue };
        let is_registered = match is_registered(context, wallet, block.block.hash).await {
            Err(Error::Chain(error @ ChainError::Pruned { .. })) => {
                // Finality stands still for longer than the endpoint remembers. Nothing else waits for this.
                pruned.warn(&error, "nodes that are open can't be shown as final yet");
                return Ok(());
            }
            is_registered => is_registered?,
        };
        pruned.over();
        if is_registered {
            context.database.node_final(&node.id, heads.finalized).await?;
        } else {
            context
                .database
                .node_lost(&node.id, heads.finalized, "the finalized state of the contract does not have the node")
                .await?;
        }
    }
    Ok(())
}

async fn is_registered(context: &Context, wallet: Address, block_hash: B256) -> Result<bool> {
    let node = context.chain.call_at(context.config.pool, &nodeOfCall { node: wallet }, block_hash).await?;
    Ok(NodeStatus::of_wallet(node.status)?.is_some())
}
