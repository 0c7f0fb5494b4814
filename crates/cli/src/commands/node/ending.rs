//! A node's rest, and its name for the public.

use anyhow::Result;
use clap::Args;
use linkpool_api::operator::types::{ActionName, PublicName, StopNode};

use super::act::{Why, say};
use crate::{commands::operator::Operator, config::Config};

#[derive(Debug, Args)]
pub struct Stop {
    /// The node's id, from `linkpool node list`
    id: String,
    /// Also where people have stake on it
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    why: Why,
}

#[derive(Debug, Args)]
#[group(id = "public", required = true, multiple = false, args = ["name", "none"])]
pub struct NameNode {
    /// The node's id, from `linkpool node list`
    id: String,
    /// What the public calls it
    name: Option<String>,
    /// The node has no name any more
    #[arg(long)]
    none: bool,
    #[command(flatten)]
    why: Why,
}

pub async fn stop(config: &Config, options: &Stop) -> Result<()> {
    let Why { reason, dry_run, json } = &options.why;
    let body = StopNode { reason: reason.clone(), dry_run: *dry_run, force: options.force };
    say(&Operator::new(config)?.post(&["nodes", &options.id, ActionName::Stop.as_str()], &body).await?, json.json);
    Ok(())
}

pub async fn name(config: &Config, options: &NameNode) -> Result<()> {
    let Why { reason, dry_run, json } = &options.why;
    let body = PublicName { name: options.name.clone(), reason: reason.clone(), dry_run: *dry_run };
    say(&Operator::new(config)?.post(&["nodes", &options.id, ActionName::Name.as_str()], &body).await?, json.json);
    Ok(())
}
