//! The operator's calls about a node that is there.

use anyhow::Result;
use clap::Args;
use linkpool_primitives::Address;
use serde_json::{Value, json};

use super::print::{self, items, text};
use crate::{
    commands::operator::Operator,
    config::Config,
    failure::Failure,
    flags::{Json, address},
    output::answer,
};

#[derive(Debug, Args)]
pub struct Act {
    /// The node's id, from `linkpool node list`
    id: String,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, Args)]
pub struct Adopt {
    /// The node's wallet
    #[arg(value_parser = address, required_unless_present = "lost")]
    wallet: Option<Address>,
    /// The node here that has this wallet, from `linkpool node list`; without, nobody here runs it
    #[arg(long, value_name = "ID")]
    node: Option<String>,
    /// The id that a node of the fleet had, when the database was restored from a dump older than it: the name of its folder in
    /// fleet.directory, and of its schema (node_ID). The fleet runs it again, and it says itself which wallet it has
    #[arg(long, value_name = "ID", conflicts_with_all = ["wallet", "node"])]
    lost: Option<String>,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, Args)]
pub struct Why {
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

/// `close`, `reopen`, `quarantine` or `release`.
pub async fn act(config: &Config, options: &Act, action: &str) -> Result<()> {
    let body = json!({ "reason": options.why.reason, "dry_run": options.why.dry_run });
    let answer: Value = Operator::new(config)?.post(&["nodes", &options.id, action], &body).await?;
    say(&answer, options.why.json.json);
    Ok(())
}

pub async fn adopt(config: &Config, options: &Adopt) -> Result<()> {
    let wallet = options.wallet.as_ref().map(linkpool_primitives::checksum);
    let (reason, dry_run) = (&options.why.reason, options.why.dry_run);
    let body = json!({
        "wallet": wallet, "node_id": options.node, "lost_node_id": options.lost, "reason": reason, "dry_run": dry_run,
    });
    let answer: Value = Operator::new(config)?.post(&["adoptions"], &body).await?;
    say(&answer, options.why.json.json);
    Ok(())
}

pub async fn audit(config: &Config, options: &Json) -> Result<()> {
    let audit: Value = Operator::new(config)?.get(&["audit"]).await?;
    if options.json {
        answer!("{audit}")
    } else {
        print::audit(&audit)
    }
    match items(&audit, "findings").count() {
        0 => Ok(()),
        count => Err(Failure::refused(format!("{count} differences between the nodes here and those of the contract"))),
    }
}

fn say(answer: &Value, as_json: bool) {
    if as_json {
        answer!("{answer}");
        return;
    }
    let node = if answer["node_id"].is_string() { text(answer, "node_id") } else { "a new node" };
    let action = text(answer, "action");
    let sentence = match (text(answer, "outcome"), answer["dry_run"] == true) {
        (outcome, true) if outcome != "repeated" => format!("would {action} {node}"),
        ("asked", _) => format!("{action} {node}: asked of the registrar; `linkpool node show {node}` tells when it is done"),
        ("repeated", _) => format!("{action} {node}: asked for or done before, nothing was changed"),
        _ => format!("{action} {node}: done"),
    };
    answer!("{sentence}");
}
