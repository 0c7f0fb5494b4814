//! The nodes here against those of the contract, both ways, at the finalized block.
//!
//! The steps of a node look at their own node only. What happened without us (a node registered, closed or retired by somebody
//! else, a row that was lost) shows here, with what to do.
#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::HashMap;

use linkpool_chain::Error as ChainError;
use linkpool_contracts::pool::{nodeAtCall, nodeCountCall, nodeOfCall};
use linkpool_db::fleet::{Finding, FleetNode, Phase};
use linkpool_health::DeduplicatedLogs;
use linkpool_primitives::{Address, B256, BlockRef, NodeStatus, checksum};

use crate::{Error, Result, context::Context};

/// Most nodes of the contract that are compared.
const MAX_NODES: u64 = 10_000;

/// Compares, stores what was found, and has nodes that the finalized state lacks registered again.
pub(crate) async fn audit(context: &Context, told: &mut DeduplicatedLogs) -> Result<()> {
    let heads = context.chain.heads().await?;
    let finalized = context.config.transactions.final_block(&heads);
    // Before the deployment is final there is nothing to compare: its block is not among the final ones.
    let deployment = context.database.deployment().await?;
    if deployment.as_ref().is_some_and(|deployment| finalized <= deployment.start.number) {
        return Ok(());
    }
    let Some(block) = context.chain.header(finalized).await? else { return Ok(()) };
    let on_chain = match on_chain(context, block.block.hash).await {
        // Without the deployment's block only the contract's absence shows that it is younger.
        Err(Error::Chain(ChainError::Absent { .. })) if deployment.is_none() => return Ok(()),
        on_chain => on_chain?,
    };
    // Read after the chain: a node registered meanwhile is known here and not there, never the other way round.
    let known = context.database.nodes_with_wallet().await?;
    let findings = compare(&on_chain, &known, &block.block);
    let name = |finding: &Finding| format!("{} {}", finding.kind, checksum(&finding.wallet));
    for finding in &findings {
        told.warn(&name(finding), &finding.sentence, "the audit found a difference");
    }
    told.only(&findings.iter().map(name).collect());
    for node in known.iter().filter(|node| is_missing(node, &on_chain, &block.block)) {
        context
            .database
            .node_lost(&node.id, block.block.number, "the finalized state of the contract does not have the node")
            .await?;
    }
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    Ok(context.database.record_audit(&block.block, count(on_chain.len()), count(known.len()), &findings).await?)
}

/// Status by wallet, of every node that was ever registered.
async fn on_chain(context: &Context, block_hash: B256) -> Result<HashMap<Address, NodeStatus>> {
    let (chain, pool) = (&context.chain, context.config.pool);
    let count = chain.call_at(pool, &nodeCountCall {}, block_hash).await?;
    let count = u64::try_from(count).unwrap_or(u64::MAX).min(MAX_NODES);
    let at = |index| nodeAtCall { index: alloy::primitives::U256::from(index) };
    let entries = chain.call_many_at(pool, &(0..count).map(at).collect::<Vec<_>>(), block_hash).await?;
    let wallets: Vec<Address> = entries.iter().map(|entry| entry.wallet).collect();
    let calls: Vec<nodeOfCall> = wallets.iter().map(|wallet| nodeOfCall { node: *wallet }).collect();
    let states = chain.call_many_at(pool, &calls, block_hash).await?;
    let status = |(wallet, code)| Ok(NodeStatus::of_wallet(code)?.map(|status| (wallet, status)));
    wallets.into_iter().zip(states.iter().map(|state| state.status)).filter_map(|it| status(it).transpose()).collect()
}

/// A node that had to be in this block's state and is not.
fn is_missing(node: &FleetNode, on_chain: &HashMap<Address, NodeStatus>, block: &BlockRef) -> bool {
    let registered = node.registered_block.is_some_and(|registered| registered <= block.number);
    node.phase == Phase::Open && registered && node.wallet.is_some_and(|wallet| !on_chain.contains_key(&wallet))
}

fn compare(on_chain: &HashMap<Address, NodeStatus>, known: &[FleetNode], block: &BlockRef) -> Vec<Finding> {
    let mut findings = Vec::new();
    let here: HashMap<Address, &FleetNode> = known.iter().filter_map(|node| Some((node.wallet?, node))).collect();
    for (wallet, status) in on_chain.iter().filter(|(wallet, _)| !here.contains_key(*wallet)) {
        if *status != NodeStatus::Retired {
            let shown = checksum(wallet);
            let sentence = format!(
                "the contract has the node {shown}, which this database does not know: run `linkpool node adopt {shown}` if it is ours, or `linkpool node \
                 adopt --lost ID` if the fleet here has run it (docs/operations.md: A restored database)"
            );
            findings.push(Finding { kind: "unknown".into(), wallet: *wallet, node_id: None, sentence });
        }
    }
    for (wallet, node) in here {
        let finding =
            |kind: &str, sentence: String| Finding { kind: kind.into(), wallet, node_id: Some(node.id.clone()), sentence };
        if is_missing(node, on_chain, block) {
            let sentence = format!("node {} is open here and not on the contract: its wallet is asked again", node.id);
            findings.push(finding("missing", sentence));
        }
        match on_chain.get(&wallet) {
            Some(NodeStatus::Closed) => findings.push(finding(
                "closed",
                format!(
                    "node {} takes no new stake: closed on the contract; `linkpool node reopen {}` asks for the opposite",
                    node.id, node.id
                ),
            )),
            Some(NodeStatus::Retired) => {
                findings.push(finding("retired", format!("node {} is retired on the contract, for ever", node.id)));
            }
            Some(NodeStatus::Active) | None => {}
        }
        if node.phase == Phase::Quarantined {
            let why = node.last_error.as_deref().unwrap_or("no reason is stored");
            findings.push(finding("quarantined", format!("node {} is quarantined: {why}", node.id)));
        }
    }
    findings.sort_by(|a, b| (&a.kind, a.wallet).cmp(&(&b.kind, b.wallet)));
    findings
}

#[cfg(test)]
mod tests;
