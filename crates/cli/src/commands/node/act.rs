//! The operator's calls about a node that is there.

use anyhow::Result;
use clap::Args;
use linkpool_api::operator::types::{Action, ActionAnswer, ActionName, Adoption, AuditView, OperatorContract, Outcome};
use linkpool_primitives::Address;
use serde_json::json;

use super::print;
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
#[group(id = "named", required = true, multiple = false, args = ["contract", "none"])]
pub struct NameOperator {
    /// The node's id, from `linkpool node list`
    id: String,
    /// The Operator contract
    #[arg(value_name = "ADDRESS", value_parser = address)]
    contract: Option<Address>,
    /// The node has no Operator any more
    #[arg(long)]
    none: bool,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, Args)]
pub struct Why {
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub json: Json,
}

/// Everything but an adoption.
pub async fn act(config: &Config, options: &Act, action: ActionName) -> Result<()> {
    let Why { reason, dry_run, json } = &options.why;
    let body = Action { reason: reason.clone(), dry_run: *dry_run };
    let answer = Operator::new(config)?.post(&["nodes", &options.id, action.as_str()], &body).await?;
    say(&answer, json.json);
    Ok(())
}

pub async fn adopt(config: &Config, options: &Adopt) -> Result<()> {
    let Why { reason, dry_run, json } = &options.why;
    let body = Adoption {
        wallet: options.wallet.as_ref().map(linkpool_primitives::checksum),
        node_id: options.node.clone(),
        lost_node_id: options.lost.clone(),
        reason: reason.clone(),
        dry_run: *dry_run,
    };
    say(&Operator::new(config)?.post(&["adoptions"], &body).await?, json.json);
    Ok(())
}

pub async fn name_operator(config: &Config, options: &NameOperator) -> Result<()> {
    let Why { reason, dry_run, json } = &options.why;
    let operator = options.contract.as_ref().map(linkpool_primitives::checksum);
    let body = OperatorContract { operator, reason: reason.clone(), dry_run: *dry_run };
    say(&Operator::new(config)?.post(&["nodes", &options.id, ActionName::Operator.as_str()], &body).await?, json.json);
    Ok(())
}

pub async fn audit(config: &Config, options: &Json) -> Result<()> {
    let audit: AuditView = Operator::new(config)?.get(&["audit"]).await?;
    if options.json {
        answer!("{}", json!(audit))
    } else {
        print::audit(&audit)
    }
    match audit.findings.len() {
        0 => Ok(()),
        count => Err(Failure::refused(format!("{count} differences between the nodes here and those of the contract"))),
    }
}

pub fn say(answer: &ActionAnswer, as_json: bool) {
    if as_json {
        answer!("{}", json!(answer));
        return;
    }
    let node = answer.node_id.as_deref().unwrap_or("a new node");
    let action = match answer.action.0 {
        ActionName::Operator => "change the Operator of",
        action @ (ActionName::Close
        | ActionName::Reopen
        | ActionName::Quarantine
        | ActionName::Release
        | ActionName::Adopt
        | ActionName::Name
        | ActionName::Drain
        | ActionName::Stop
        | ActionName::Start) => action.as_str(),
    };
    let sentence = match (answer.outcome.0, answer.dry_run) {
        (Outcome::Repeated, _) => format!("{action} {node}: asked for or done before, nothing was changed"),
        (Outcome::Asked | Outcome::Done, true) => format!("would {action} {node}"),
        (Outcome::Asked, false) => {
            format!("{action} {node}: asked of the registrar; `linkpool node show {node}` tells when it is done")
        }
        (Outcome::Done, false) => format!("{action} {node}: done"),
    };
    answer!("{sentence}");
}
