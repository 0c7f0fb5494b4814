//! `linkpool node`: the pool's nodes, and what an operator wants done about one.

mod act;
mod ending;
mod print;
mod restore;
mod retire;

use anyhow::Result;
use clap::{Args, Subcommand};
use linkpool_api::operator::types::{ActionName, NodeDetail, NodeSummary};
use serde_json::json;

use self::act::{Act, Adopt, NameOperator};
use super::{connect, operator::Operator, operator_contract};
use crate::{config::Config, flags::Json, output::answer};

#[derive(Debug, Subcommand)]
pub enum Node {
    /// List the nodes: the fleet's, those of the registrar's lists, and adopted ones
    List(Json),
    /// Show one node: phase, health, replicas, history
    Show(Show),
    /// Show where the nodes here differ from those of the contract; exit 3 if they do
    Audit(Json),
    /// Keep new stake from a node; its stakers stay, and may leave
    Close(Act),
    /// Let new stake onto a closed node again; the registrar's account needs the role guardian for it
    Reopen(Act),
    /// Retire a node for ever: everybody on it starts to leave. Signed by the owner or, in its first days, the guardian
    Retire(retire::Retire),
    /// Keep a node from every automatic step, here and now
    Quarantine(Act),
    /// Give a quarantined node back to the automatic steps
    Release(Act),
    /// Name the Operator contract whose requests a node answers; one Operator serves one node
    Operator(NameOperator),
    /// Name a node for the public, or take its name away
    Name(ending::NameNode),
    /// End a node for good: it is closed on chain, and stopped once it is retired (`node retire`) and nobody has stake on it
    Drain(Act),
    /// End a node's replicas; its keys and database are kept, and `node start` runs it again
    Stop(ending::Stop),
    /// Run a stopped node again, or take back that it ends
    Start(Act),
    /// Put what was kept of a node in the place of its database, and run it again; on the fleet's machine. With --dry-run: the drill
    Restore(restore::RestoreNode),
    /// Take a node that the contract has, and this database does not know, into it; or one that the fleet ran before it was restored
    Adopt(Adopt),
}

#[derive(Debug, Args)]
pub struct Show {
    /// The node's id, from `linkpool node list`
    id: String,
    #[command(flatten)]
    json: Json,
}

pub async fn run(config: &Config, command: &Node) -> Result<()> {
    match command {
        Node::List(options) => {
            let nodes: Vec<NodeSummary> = Operator::new(config)?.get(&["nodes"]).await?;
            if options.json {
                answer!("{}", json!(nodes))
            } else {
                print::list(&nodes)
            }
            Ok(())
        }
        Node::Show(options) => {
            let node: NodeDetail = Operator::new(config)?.get(&["nodes", &options.id]).await?;
            if options.json.json {
                answer!("{}", json!(node))
            } else {
                print::node(&node, &operator(config, &node.summary).await)
            }
            Ok(())
        }
        Node::Audit(options) => act::audit(config, options).await,
        Node::Close(options) => act::act(config, options, ActionName::Close).await,
        Node::Reopen(options) => act::act(config, options, ActionName::Reopen).await,
        Node::Quarantine(options) => act::act(config, options, ActionName::Quarantine).await,
        Node::Release(options) => act::act(config, options, ActionName::Release).await,
        Node::Name(options) => ending::name(config, options).await,
        Node::Drain(options) => act::act(config, options, ActionName::Drain).await,
        Node::Stop(options) => ending::stop(config, options).await,
        Node::Start(options) => act::act(config, options, ActionName::Start).await,
        Node::Operator(options) => act::name_operator(config, options).await,
        Node::Adopt(options) => act::adopt(config, options).await,
        Node::Restore(options) => restore::run(config, options).await,
        Node::Retire(options) => retire::run(config, options).await,
    }
}

/// A node's Operator, and whether the chain lets the node answer there, as far as a chain is configured.
async fn operator(config: &Config, node: &NodeSummary) -> String {
    let Some(shown) = &node.operator else { return "-".into() };
    if !config.has_endpoint() {
        return shown.clone();
    }
    match look(config, shown, node.wallet.as_deref()).await {
        Ok(None) => shown.clone(),
        Ok(Some(lacks)) => format!("{shown}: {lacks}"),
        Err(error) => format!("{shown} (not looked at on chain: {error:#})"),
    }
}

async fn look(config: &Config, contract: &str, wallet: Option<&str>) -> Result<Option<String>> {
    let contract = linkpool_primitives::parse_address(contract)?;
    let wallet = wallet.map(linkpool_primitives::parse_address).transpose()?;
    Ok(operator_contract::lacks(&connect::chain(config).await?, contract, wallet).await?)
}
